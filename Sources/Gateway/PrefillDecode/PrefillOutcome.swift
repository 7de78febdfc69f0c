/// How the prefill leg of a pair ended. The raw value is its label in metrics.
package enum PrefillOutcome: String, CaseIterable, Sendable {
  /// The decode replica got what it needs to go on.
  case handedOver = "handed_over"
  /// It was answered soundly, but without a cache to fetch: the decode replica read the prompt itself.
  case nothingHandedOver = "nothing_handed_over"
  /// The engine found fault with the request; its answer went to the client.
  case refused
  /// Connection, status or body: another pair was tried, if there was one.
  case failed
  case timedOut = "timed_out"
  /// Given up: the client left, or the decode leg failed first.
  case abandoned
}
