/// `vtc-basic`: users that took more than their share keep to fewer replicas, so that the others find the rest emptier.
///
/// ``UserTokens`` counts each user's tokens (an answer's count twice) over some minutes. A user with k times the mean of
/// the active users may use one kth of the replicas, at least one, always the same (rendezvous hashing); within its
/// replicas the fewest requests win. A queue would order users by the same counts; a router without one can only place
/// them.
enum VTCBasicStrategy {
  static let documentation = StrategyDocumentation(
    "Users that took more than their share of tokens keep to fewer replicas; among those the fewest requests.",
    inputs: "the user that the request names, and tokens from answers", substitute: .leastRequest)

  /// - Parameter share: of the replicas, that the user may use, above 0 and at most 1.
  @inline(__always) static func cost(
    _ candidate: Candidate, _ request: BalancingRequest, share: Double
  ) -> Double {
    let load = LeastRequestStrategy.cost(
      inFlight: candidate.state.inFlight, weight: candidate.weight, factor: candidate.factor)
    guard share < 1 else { return load }
    let id = candidate.placement.readReplica { $0.id }
    let mixed = BlockHash.avalanche(request.userKey ^ UInt64(bitPattern: Int64(id &* 0x9E37)))
    let place = Double(mixed >> 11) * 0x1p-53
    // Outside its replicas the nearest in hash order comes first, so that at least one is always the user's.
    return place < share ? load : 1e6 * (1 + place) + load
  }
}
