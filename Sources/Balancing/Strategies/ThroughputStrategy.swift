/// `throughput`: the replica that works on the fewest tokens a second.
///
/// cost = 2 × prompt tokens/s + generated tokens/s over the scraper's window. A prompt token weighs two since the original
/// weighs it so.
enum ThroughputStrategy {
  static let documentation = StrategyDocumentation(
    "The replica that works on the fewest tokens a second (prompt tokens count twice).",
    inputs: "rates of prompt and generated tokens, from metrics", substitute: .leastRequest)

  @inline(__always) static func cost(_ candidate: Candidate) -> Double? {
    guard let prompt = candidate.metric(.promptTokensPerSecond),
      let generated = candidate.metric(.generationTokensPerSecond)
    else { return nil }
    return 2 * prompt + generated
  }
}
