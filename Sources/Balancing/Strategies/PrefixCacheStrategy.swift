/// `prefix-cache`: the replica that holds most of the prompt, unless it has clearly more to do than the others.
///
/// Replicas with more requests in flight than mean + 1 standard deviation, and at least ``imbalance`` more than the
/// emptiest, are passed over. Of the others the longest useful match wins (``LeastTTFTStrategy/minimumMatch``), then the
/// fewest requests.
enum PrefixCacheStrategy {
  /// Requests in flight by which a replica may exceed the emptiest before its load counts.
  static let imbalance = 8

  static let documentation = StrategyDocumentation(
    "The replica that holds most of the prompt, unless it has clearly more to do than the others.",
    inputs: "the prompts that this router sent, or KV events", substitute: .leastRequest)

  @inline(__always) static func cost(
    _ candidate: Candidate, _ request: BalancingRequest, _ survey: Survey
  ) -> Double {
    let inFlight = candidate.state.inFlight
    let isOverloaded =
      inFlight >= survey.fewestInFlight + imbalance && Double(inFlight) > survey.meanInFlight + survey.deviationInFlight
    let share = Double(candidate.usefulBlocks(request)) / Double(max(1, request.blockCount))
    return isOverloaded ? 2 - share : 1 - share
  }
}
