/// `slo-least-load`: as `slo`, load being the prefill that waits rather than the number of requests.
enum SLOLeastLoadStrategy {
  static let documentation = StrategyDocumentation(
    "Of the replicas that are expected to give the first token in time the one with the least prefill waiting.",
    inputs: "a target for the time to first token, and what answers taught", substitute: .leastTTFT,
    isCombinable: false)

  @inline(__always) static func cost(
    _ candidate: Candidate, _ request: BalancingRequest, target: Double
  ) -> Double {
    let seconds = LeastTTFTStrategy.estimate(candidate, request)
    return seconds <= target ? candidate.queueSeconds(request) : SLOStrategy.late + seconds
  }
}
