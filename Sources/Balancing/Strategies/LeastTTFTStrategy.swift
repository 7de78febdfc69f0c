import Fleet

/// `least-ttft`: the replica that is expected to give the first token soonest, at the least cost to the requests behind
/// this one. The default.
///
/// estimate = prefill that waits ÷ (weight × factor) + prefill of what the replica does not have cached, in seconds, by what
/// its answers taught (``PrefillRegression``); each request that decodes adds ``decodeShare`` of an uncached prefill of this
/// prompt, so that replicas with equal queues are told apart by their decode load. Before anything is learnt all replicas
/// are taken to read 8 000 tokens a second, which compares them by the tokens that wait.
///
/// cost = estimate + ``rereadShare`` × prefill of what is not cached. Whole milliseconds count: less is noise, and would
/// send all of an idle fleet's short prompts to the replica that happened to answer quickest.
///
///     waits 0.5 s, prompt 7 000 tokens, 3 500 cached, 7 000 tokens/s, nothing decodes: 0.5 + 0.5 + 0.25 = 1.25 s
///     idle, nothing cached: 0 + 1 + 0.5 = 1.5 s
enum LeastTTFTStrategy {
  /// Matches of fewer tokens, or of less than a twentieth of the prompt, do not count: a system prompt that everybody
  /// shares saves little anywhere, and would draw all traffic to whoever had it first.
  static let minimumMatch = 256.0
  static let minimumShare = 0.05
  /// What one decoding request counts in uncached prefills of this prompt.
  static let decodeShare = 1.0 / 64
  /// What reading a prompt's uncached part costs others, in its own time: those behind it wait for it, and it drives out of
  /// the cache what they may have had there.
  static let rereadShare = 0.5

  static let documentation = StrategyDocumentation(
    "The replica that is expected to give the first token soonest: prefill that waits plus what it has not cached, "
      + "which counts half as much again for what it costs those behind it.",
    inputs: "the prompts that this router sent, and what answers taught", substitute: nil)

  /// Seconds, as above.
  @inline(__always) static func cost(_ candidate: Candidate, _ request: BalancingRequest) -> Double {
    let parts = parts(candidate, request)
    return inWholeMilliseconds(parts.waiting + parts.prefill * (1 + rereadShare))
  }

  /// Seconds until its first token, as far as they can be told.
  @inline(__always) static func estimate(_ candidate: Candidate, _ request: BalancingRequest) -> Double {
    let parts = parts(candidate, request)
    return inWholeMilliseconds(parts.waiting + parts.prefill)
  }

  @inline(__always) private static func parts(
    _ candidate: Candidate, _ request: BalancingRequest
  ) -> (waiting: Double, prefill: Double) {
    let cached = candidate.usefulBlocks(request)
    let prefill = candidate.prefillSeconds(request, cachedBlocks: cached)
    var waiting = candidate.queueSeconds(request)
    let decoding = candidate.state.inFlight - candidate.state.prefilling
    if decoding > 0 {
      let full = cached == 0 ? prefill : candidate.prefillSeconds(request, cachedBlocks: 0)
      waiting += Double(decoding) * decodeShare * full
    }
    return (waiting == 0 ? 0 : waiting / candidate.share, prefill)
  }

  /// Tells from a replica's counts alone that it would not be chosen.
  struct Bound: CostBound {
    private let tokens: Double
    private let model: PrefillCost
    /// Seconds of prefill of the whole prompt, where they are those of the model.
    private let prefill: Double
    /// The cost of one on which nothing waits.
    let idle: Double
    private let now: UInt64
    /// Seconds that the prefill, and all that waits, may take on one that is still to be worked out.
    private var slack = Double.infinity
    private var isBelowIdle = false

    /// Excludes none as yet.
    @inline(__always) init(_ request: BalancingRequest) {
      tokens = max(1, request.promptTokens)
      model = request.prefillCost
      prefill = model.seconds(tokens: tokens)
      idle = inWholeMilliseconds(prefill * (1 + rereadShare))
      now = request.now
    }

    /// One was found that costs so much: those that cost more are excluded.
    @inline(__always) mutating func lower(to cost: Double) {
      // Half a millisecond rounds down, the other half is far more than these sums are off by.
      slack = cost < 1e9 ? cost + 0.001 : .infinity
      isBelowIdle = cost < idle
    }

    /// A slow start only adds to the cost.
    @inline(__always) func isExceeded(by placement: BorrowedPlacement, _ matches: PrefixMatches?) -> Bool {
      let hasOwnCost = placement.read { $0.vitals.hasOwnCost(now: now) }
      if !(isBelowIdle && !hasOwnCost) {
        let state = placement.state
        let weight = Double(placement.weight)
        let allowed = slack * weight
        let prefill = hasOwnCost ? placement.prefillCost(model: model, now: now).seconds(tokens: tokens) : prefill
        var least = prefill * ((1 + rereadShare) * weight + Double(state.inFlight - state.prefilling) * decodeShare)
        // What is asked next stands farther away.
        if !(least > allowed) { least += placement.read { $0.vitals.leastOwnQueueSeconds(state, now: now) } }
        if !(least > allowed), placement.read({ $0.vitals.hasForeignWaiting }) {
          least += placement.read { $0.vitals.foreignSeconds(model: model, now: now) }
        }
        guard least > allowed else { return false }
      }
      return (matches?.blocks(slot: placement.prefixSlot) ?? 0) == 0
    }
  }

  @inline(__always) private static func inWholeMilliseconds(_ seconds: Double) -> Double {
    // Rounded by what a sum with 1.5 × 2^52 leaves of it: without SSE 4.1 the standard library's way is a call.
    let milliseconds = seconds * 1_000
    return (milliseconds < 0x1p51 ? (milliseconds + 0x1.8p52) - 0x1.8p52 : milliseconds) / 1_000
  }
}
