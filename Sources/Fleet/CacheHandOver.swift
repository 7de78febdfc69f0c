/// How an engine hands the KV cache of a prompt from the replica that prefills to the one that decodes. Only engines that do it
/// alike pair.
public enum CacheHandOver: UInt8, Sendable, CaseIterable {
  case vllm
  case sglang
  case tensorRTLLM

  /// Whether a decoding engine also takes a request that nobody prefilled, and reads the prompt itself.
  public var decodesWhole: Bool { self != .sglang }

  /// Of the engine that a document names; nil for one that hands nothing over in a way that is known.
  public init?(engine: String) {
    switch engine.lowercased() {
    case "vllm", "vllm-v1", "vllm-v0": self = .vllm
    case "sglang": self = .sglang
    case "trtllm", "tensorrt-llm", "tensorrtllm", "trt-llm": self = .tensorRTLLM
    default: return nil
    }
  }
}
