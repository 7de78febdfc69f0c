import Fleet

/// One replica that may be chosen, as its strategy sees it at one moment.
struct Candidate {
  /// Alive as long as the placements that the choice is made among.
  unowned(unsafe) let replica: Replica
  let weight: Int
  /// Of the slow start, above 0 and at most 1.
  let factor: Double
  let state: ReplicaLoad.State
  /// Blocks of the prompt that it holds from the start.
  let matchedBlocks: Int
  let now: UInt64

  /// Whether a request would wait for a connection.
  @inline(__always) var isSaturated: Bool { state.inFlight >= replica.connectionLimit }

  /// Its share of the traffic.
  @inline(__always) var share: Double { Double(weight) * factor }

  /// A figure that its engine told; nil when unknown or too old.
  @inline(__always) func metric(_ gauge: EngineMetric) -> Double? { replica.metrics.value(gauge, now: now) }

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
    replica.estimates.queueSeconds(
      state, metrics: replica.metrics, model: request.prefillCost, now: request.now)
  }

  /// Seconds of prefill that the request brings.
  @inline(__always) func prefillSeconds(_ request: BalancingRequest, cachedBlocks: Int) -> Double {
    replica.estimates.cost(model: request.prefillCost, now: request.now).seconds(
      tokens: max(1, request.promptTokens - Double(cachedBlocks) * request.tokensPerBlock))
  }
}
