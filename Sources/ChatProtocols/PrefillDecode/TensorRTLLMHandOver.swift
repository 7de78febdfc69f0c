import JSONText

/// TensorRT-LLM's hand-over of a prompt's KV cache, by `disaggregated_params`: the context engine reads the prompt and answers
/// with parameters and the prompt's tokens, with which the generation engine goes on.
enum TensorRTLLMHandOver {
  /// The context engine's body. It stops after its first token by itself, so the limits on tokens stay the client's.
  ///
  /// - Parameter id: of ``DisaggregatedIDs``.
  static func prefill(_ edits: RequestEdits, id: UInt64) -> RequestEdits {
    var edits = edits
    edits.setTopLevel("stream", to: .boolean(false))
    edits.removeTopLevel("stream_options")
    edits.setTopLevel(
      "disaggregated_params",
      to: .object([
        "request_type": .string("context_only"), "disagg_request_id": .integer(Int(truncatingIfNeeded: id)),
      ]))
    return edits
  }

  /// The generation engine's body: the client's own, with what the context engine answered. Of completions the tokens take the
  /// place of `prompt`; chat has a member of its own for them.
  ///
  /// - Parameter parameters: nil where nothing was handed over; then the generation engine reads the prompt itself.
  static func decode(
    _ edits: RequestEdits, with parameters: JSONFragment?, promptTokens: JSONFragment?
  ) -> RequestEdits {
    var edits = edits
    guard let parameters else {
      edits.removeTopLevel("disaggregated_params")
      return edits
    }
    edits.setTopLevel("disaggregated_params", to: parameters)
    edits.setNested("disaggregated_params", "request_type", to: .string("generation_only"))
    if let promptTokens {
      edits.setTopLevel(edits.facts.endpoint == .completions ? "prompt" : "prompt_token_ids", to: promptTokens)
    }
    return edits
  }
}
