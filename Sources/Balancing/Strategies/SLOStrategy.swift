/// `slo`: the least loaded of the replicas that are expected to give the first token in time.
///
/// Time is estimated as by ``LeastTTFTStrategy``. When none is expected to, the soonest is taken, and the choice says so.
enum SLOStrategy {
  static let documentation = StrategyDocumentation(
    "The least loaded of the replicas that are expected to give the first token in time, else the soonest.",
    inputs: "a target for the time to first token, and what answers taught", substitute: .leastTTFT,
    isCombinable: false)

  /// Adds to the cost of a replica that would be late, so that it loses to every one in time.
  static let late = 1e6

  @inline(__always) static func cost(
    _ candidate: Candidate, _ request: BalancingRequest, target: Double
  ) -> Double {
    let seconds = LeastTTFTStrategy.estimate(candidate, request)
    guard seconds <= target else { return late + seconds }
    return LeastRequestStrategy.cost(
      inFlight: candidate.state.inFlight, weight: candidate.weight, factor: candidate.factor)
  }
}
