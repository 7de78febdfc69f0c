/// `least-utilization`: the replica whose engine says it is least utilised.
enum LeastUtilizationStrategy {
  static let documentation = StrategyDocumentation(
    "The replica whose engine says it is least utilised.", inputs: "engine utilisation, from metrics",
    substitute: .leastRequest)

  @inline(__always) static func cost(_ candidate: Candidate) -> Double? {
    candidate.metric(.engineUtilization)
  }
}
