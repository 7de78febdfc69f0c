/// `least-busy-time`: the replica whose GPU was busy for the smallest share of the time.
enum LeastBusyTimeStrategy {
  static let documentation = StrategyDocumentation(
    "The replica whose GPU was busy for the smallest share of the time.", inputs: "the GPU's busy ratio, from metrics",
    substitute: .leastRequest)

  @inline(__always) static func cost(_ candidate: Candidate) -> Double? { candidate.metric(.gpuBusyRatio) }
}
