import Fleet

/// A replica that prefills and one of its group that decodes.
public struct PrefillDecodePair: Sendable, Equatable {
  /// Indices into the placements. The request is counted on both: the caller must call ``ReplicaLoad/end()`` for each once,
  /// and hand ``ticket`` to ``ModelBalancer/firstToken(_:on:now:)`` with the prefill's replica when its leg is done.
  public var prefill: Int
  public var decode: Int
  public var ticket: WorkTicket

  /// Picks the pair with the least expected time: the prefill's queue and what it has not cached, as `least-ttft`, plus the
  /// decode's cost. That is, in the same seconds, its requests in flight for its weight × ``decodeSecondsPerRequest``,
  /// doubled when its KV cache is over nine tenths full. Prefill and decode of different groups never pair.
  ///
  /// The counts move only if they are those that the choice was made on. Cost: placements × groups; no allocation.
  static func pick(
    among placements: [Placement], for request: BalancingRequest, excluding tried: ReplicaSet,
    matches: PrefixMatches
  ) -> PrefillDecodePair? {
    while true {
      var best: (prefill: Int, decode: Int, cost: Double)?
      var states: (prefill: ReplicaLoad.State, decode: ReplicaLoad.State)?
      for first in placements.indices where placements[first].role == .prefill {
        guard let prefill = candidate(placements[first], request, tried, matches) else { continue }
        let prefillCost = LeastTTFTStrategy.cost(prefill, request)
        if let best, prefillCost >= best.cost { continue }
        for second in placements.indices
        where placements[second].role == .decode && placements[second].group == placements[first].group {
          guard let decode = candidate(placements[second], request, tried, matches) else { continue }
          let cost = prefillCost + decodeCost(decode)
          if cost < best?.cost ?? .infinity {
            best = (first, second, cost)
            states = (prefill.state, decode.state)
          }
        }
      }
      guard let best, let states else { return nil }
      let chosen = placements[best.prefill].replica
      let blocks = matches.blocks(slot: chosen.prefixSlot)
      let uncached = max(1, request.promptTokens - Double(blocks) * request.tokensPerBlock)
      let seconds = chosen.estimates.cost(model: request.prefillCost, now: request.now).seconds(tokens: uncached)
      let ticks = UInt32(min(max(1, seconds * ReplicaLoad.ticksPerSecond), 0x1p31))
      guard let added = chosen.load.begin(ifStill: states.prefill, work: ticks) else { continue }
      guard placements[best.decode].replica.load.begin(ifInFlight: states.decode.inFlight) else {
        chosen.load.prefillEnded(work: added)
        chosen.load.end()
        continue
      }
      if states.prefill.prefilling == 0 { chosen.estimates.prefillBegan(now: request.now) }
      var ticket = WorkTicket()
      ticket.work = added
      ticket.isPrefilling = true
      ticket.sentAt = request.now
      ticket.cachedBlocks = blocks
      ticket.age = matches.age(slot: chosen.prefixSlot)
      ticket.promptTokens = request.promptTokens
      ticket.tokensPerBlock = request.tokensPerBlock
      ticket.userKey = request.userKey
      return PrefillDecodePair(prefill: best.prefill, decode: best.decode, ticket: ticket)
    }
  }

  /// What one more request on a decoding replica is weighed at against seconds of prefill.
  static let decodeSecondsPerRequest = 0.02

  private static func decodeCost(_ candidate: Candidate) -> Double {
    let load = LeastRequestStrategy.cost(
      inFlight: candidate.state.inFlight, weight: candidate.weight, factor: candidate.factor)
    let isNearlyFull = candidate.metric(.kvCacheUsage) ?? 0 > 0.9
    return load * decodeSecondsPerRequest * (isNearlyFull ? 2 : 1)
  }

  private static func candidate(
    _ placement: Placement, _ request: BalancingRequest, _ tried: ReplicaSet,
    _ matches: PrefixMatches
  ) -> Candidate? {
    let replica = placement.replica
    guard
      ReplicaPicker.isIn(.serving, replica, weight: placement.weight, excluding: tried, now: request.now),
      replica.load.inFlight < min(replica.requestLimit, ReplicaLoad.capacity)
    else { return nil }
    return Candidate(
      replica: replica, weight: placement.weight, factor: replica.health.slowStartFactor(at: request.now),
      state: replica.load.state, matchedBlocks: matches.blocks(slot: replica.prefixSlot), now: request.now)
  }
}
