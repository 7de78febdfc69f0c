/// `slo-pack-load`: the fullest of the replicas that are expected to give the first token in time, so that others stay free
/// for long prompts or may be taken away.
enum SLOPackLoadStrategy {
  static let documentation = StrategyDocumentation(
    "The fullest of the replicas that are expected to give the first token in time, else the soonest.",
    inputs: "a target for the time to first token, and what answers taught", substitute: .leastTTFT,
    isCombinable: false)

  @inline(__always) static func cost(
    _ candidate: Candidate, _ request: BalancingRequest, target: Double
  ) -> Double {
    let seconds = LeastTTFTStrategy.estimate(candidate, request)
    guard seconds <= target else { return SLOStrategy.late + seconds }
    return -LeastRequestStrategy.cost(
      inFlight: candidate.state.inFlight, weight: candidate.weight, factor: candidate.factor)
  }
}
