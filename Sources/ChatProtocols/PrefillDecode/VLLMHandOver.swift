import JSONText

/// vLLM's hand-over of a prompt's KV cache, by `kv_transfer_params`: the prefill engine is asked for one token and to keep the
/// cache, and answers with an object that tells a decode engine where to fetch it.
enum VLLMHandOver {
  /// The prefill's body: one token, no stream, and the parameters that ask for the cache to be kept.
  static func prefill(_ edits: RequestEdits) -> RequestEdits {
    var edits = edits
    edits.setTopLevel("max_tokens", to: .integer(1))
    edits.setTopLevel("max_completion_tokens", to: .integer(1))
    edits.setTopLevel("stream", to: .boolean(false))
    edits.removeTopLevel("stream_options")
    edits.removeTopLevel("min_tokens")
    edits.setTopLevel(
      "kv_transfer_params",
      to: .object([
        "do_remote_decode": .boolean(true), "do_remote_prefill": .boolean(false), "remote_engine_id": .null,
        "remote_block_ids": .null, "remote_host": .null, "remote_port": .null,
      ]))
    return edits
  }

  /// The decode's body: the client's own, with the parameters that the prefill answered.
  ///
  /// An engine whose first token ended the answer hands nothing over; then the parameters are left out, and the decode engine
  /// reads the prompt itself.
  ///
  /// - Parameter host: of the prefill's replica as the fleet knows it. It takes the place of `remote_host`: an engine knows the
  ///   address that it is bound to, which others may not reach.
  static func decode(_ edits: RequestEdits, with parameters: JSONFragment?, host: String) -> RequestEdits {
    var edits = edits
    guard let parameters else {
      edits.removeTopLevel("kv_transfer_params")
      return edits
    }
    edits.setTopLevel("kv_transfer_params", to: parameters)
    edits.setNested("kv_transfer_params", "remote_host", to: .string(host))
    return edits
  }
}
