/// `prefix-cache-preble`: exploit a long match, else explore by cost (Preble: Srivatsa et al., 2024).
///
/// If a replica holds more than half of the prompt, the least loaded of those with the longest match is taken. Else the
/// cost is the work of the prefill that is left, the work that waits, and what decode in flight takes; Preble's constants
/// for two GPUs are replaced by what the replica's answers taught.
enum PrefixCachePrebleStrategy {
  static let documentation = StrategyDocumentation(
    "The least loaded of the replicas with the longest match if that is over half of the prompt, else the least work.",
    inputs: "the prompts that this router sent, and what answers taught", substitute: .leastTTFT)

  @inline(__always) static func cost(
    _ candidate: Candidate, _ request: BalancingRequest, _ survey: Survey
  ) -> Double {
    let blocks = candidate.usefulBlocks(request)
    let queue = candidate.queueSeconds(request)
    if survey.longestMatch * 2 > request.blockCount {
      return blocks == survey.longestMatch ? queue : 1e6 + queue
    }
    let decoding = Double(candidate.state.inFlight - candidate.state.prefilling)
    let decode = decoding * (candidate.placement.secondsPerToken ?? 0)
    return queue + decode + candidate.prefillSeconds(request, cachedBlocks: blocks)
  }
}
