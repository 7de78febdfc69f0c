import Fleet

/// The replicas that a request would be prefilled and decoded on.
public struct PairExplanation: Sendable, Equatable {
  public var prefill: String
  public var prefillAddress: String
  public var decode: String
  public var decodeAddress: String

  init(prefill: Placement, decode: Placement) {
    self.prefill = prefill.name
    prefillAddress = prefill.replica.authority
    self.decode = decode.name
    decodeAddress = decode.replica.authority
  }
}
