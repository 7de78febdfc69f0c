import Fleet

/// One replica that may be chosen, as its strategy sees it at one moment.
struct Candidate {
  let placement: BorrowedPlacement
  /// Of the slow start, above 0 and at most 1.
  let factor: Double
  let state: ReplicaLoad.State
  /// Blocks of the prompt that it holds from the start.
  let matchedBlocks: Int
  let now: UInt64

  /// - Parameter matches: nil where the strategy does not go by them.
  @inline(__always) init(
    _ placement: BorrowedPlacement, _ state: ReplicaLoad.State, _ request: BalancingRequest, _ matches: PrefixMatches?
  ) {
    self.placement = placement
    factor = placement.slowStartFactor(at: request.now)
    self.state = state
    matchedBlocks = matches?.blocks(slot: placement.prefixSlot) ?? 0
    now = request.now
  }

  @inline(__always) var replica: Replica { placement.replica }
  @inline(__always) var weight: Int { placement.weight }

  /// Whether a request would wait for a connection.
  @inline(__always) var isSaturated: Bool { state.inFlight >= placement.read { $0.vitals.connectionLimit } }

  /// Its share of the traffic.
  @inline(__always) var share: Double { Double(weight) * factor }

  /// A figure that its engine told; nil when unknown or too old.
  @inline(__always) func metric(_ gauge: EngineMetric) -> Double? {
    placement.metric(gauge, now: now)
  }

  /// The matched blocks if they are enough to matter, else 0 (``LeastTTFTStrategy/minimumMatch``).
  @inline(__always) func usefulBlocks(_ request: BalancingRequest) -> Int {
    guard matchedBlocks > 0 else { return 0 }
    let tokens = Double(matchedBlocks) * request.tokensPerBlock
    let isUseful =
      tokens >= LeastTTFTStrategy.minimumMatch && tokens >= LeastTTFTStrategy.minimumShare * request.promptTokens
    return isUseful ? matchedBlocks : 0
  }

  /// Seconds until it has read what waits on it.
  @inline(__always) func queueSeconds(_ request: BalancingRequest) -> Double {
    placement.queueSeconds(state, model: request.prefillCost, now: now)
  }

  /// Seconds of prefill that the request brings.
  @inline(__always) func prefillSeconds(_ request: BalancingRequest, cachedBlocks: Int) -> Double {
    let cost = placement.prefillCost(model: request.prefillCost, now: now)
    return request.prefillSeconds(cachedBlocks: cachedBlocks, by: cost)
  }
}
