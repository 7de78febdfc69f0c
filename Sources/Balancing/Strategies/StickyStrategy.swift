/// `sticky`: the replica that holds most of the prompt, until its queue would take longer than reading the whole prompt
/// anew on an idle replica; then the soonest, as by `least-ttft`.
enum StickyStrategy {
  static let documentation = StrategyDocumentation(
    "The replica that holds most of the prompt until its queue takes longer than reading the prompt anew; "
      + "then the soonest.",
    inputs: "the prompts that this router sent, and what answers taught", substitute: .leastTTFT,
    isCombinable: false)

  @inline(__always) static func cost(
    _ candidate: Candidate, _ request: BalancingRequest, _ survey: Survey
  ) -> Double {
    let cost = LeastTTFTStrategy.cost(candidate, request)
    let blocks = candidate.usefulBlocks(request)
    guard blocks > 0, blocks == survey.longestMatch else { return cost }
    // Below every other cost, the shortest queue first.
    let queue = candidate.queueSeconds(request)
    return queue <= candidate.prefillSeconds(request, cachedBlocks: 0) ? queue - 1e6 : cost
  }
}
