/// The last prefill leg of a request that a pair served, for the access log.
package struct PrefillSpan: Equatable {
  /// The name of its placement.
  package var replica: String
  /// From its sending to its end, whatever that was; where the decode leg ended first, to the end of that.
  package var nanoseconds: UInt64

  package init(replica: String, nanoseconds: UInt64) {
    self.replica = replica
    self.nanoseconds = nanoseconds
  }
}
