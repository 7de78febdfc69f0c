/// What the engine does of a request, where prefill and decode run on engines of their own.
public enum EngineRole: String, Sendable, CaseIterable {
  /// All of it; fields of a hand-over are answered as the original answers them, and nothing is fetched.
  case both = ""
  case prefill
  case decode
}

/// Whose way of handing a prompt's KV cache over an engine with a role has.
public enum HandOverProtocol: String, Sendable, CaseIterable {
  case vllm
  case sglang
  case trtllm
}
