/// How one request's KV cache goes from the replica that prefills to the one that decodes, in the words of its engines. A pure
/// value: from a request's edits it makes those of each leg, which leave every other byte of the body as the client sent it;
/// members that the client sent under the same names are replaced.
public enum HandOver: Sendable, Equatable {
  /// - host: of the prefill's replica, where the decode engine fetches the cache.
  case vllm(host: String)
  /// - host: of the prefill's replica; `port` is where its engine waits for decode engines, `room` a random number.
  case sglang(host: String, port: Int, room: UInt64)
  /// - id: of ``DisaggregatedIDs``.
  case tensorRTLLM(id: UInt64)

  /// Both legs are sent at once, and the prefill's answer is not needed; else decode waits for that.
  public var isSimultaneous: Bool {
    if case .sglang = self { true } else { false }
  }

  /// The changes to the body of the replica that prefills.
  public func prefill(_ edits: RequestEdits) -> RequestEdits {
    switch self {
    case .vllm: VLLMHandOver.prefill(edits)
    case .sglang(let host, let port, let room): SGLangHandOver.either(edits, host: host, port: port, room: room)
    case .tensorRTLLM(let id): TensorRTLLMHandOver.prefill(edits, id: id)
    }
  }

  /// The changes to the body of the replica that decodes.
  ///
  /// - Parameter answer: the prefill's; not looked at where ``isSimultaneous``.
  public func decode(_ edits: RequestEdits, after answer: PrefillAnswer) -> RequestEdits {
    switch self {
    case .vllm(let host): VLLMHandOver.decode(edits, with: answer.transferParameters, host: host)
    case .sglang(let host, let port, let room): SGLangHandOver.either(edits, host: host, port: port, room: room)
    case .tensorRTLLM:
      TensorRTLLMHandOver.decode(
        edits, with: answer.disaggregatedParameters, promptTokens: answer.promptTokens)
    }
  }

  /// Whether that answer hands anything over. Where it does not, the decode engine reads the prompt itself.
  public func isMade(by answer: PrefillAnswer) -> Bool {
    switch self {
    case .vllm: answer.transferParameters != nil
    case .sglang: true
    case .tensorRTLLM: answer.disaggregatedParameters != nil
    }
  }
}
