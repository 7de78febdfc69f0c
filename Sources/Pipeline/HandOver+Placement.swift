import ChatProtocols
import Fleet

extension HandOver {
  /// How the replica that prefills hands one request's cache over.
  ///
  /// - Parameters:
  ///   - way: that of its engine.
  ///   - id: gives the next of ``DisaggregatedIDs``.
  ///   - random: draws the room in which SGLang's engines meet.
  public init(_ way: CacheHandOver, by prefill: Placement, id: () -> UInt64, random: inout some RandomNumberGenerator) {
    switch way {
    case .vllm: self = .vllm(host: prefill.replica.host)
    case .sglang:
      self = .sglang(host: prefill.replica.host, port: prefill.bootstrapPort, room: random.next() >> 1)
    case .tensorRTLLM: self = .tensorRTLLM(id: id())
    }
  }
}
