import Fleet

/// A replica that prefills and one of its group that decodes.
public struct PrefillDecodePair: Sendable, Equatable {
  /// The replicas, by identity, to which the legs of a request must not go again.
  public struct Tried: Sendable, Equatable {
    public var prefill = ReplicaSet()
    public var decode = ReplicaSet()

    public init() {}
  }

  /// Indices into the placements. The request is counted on both: the caller must call ``ReplicaLoad/end()`` for each once,
  /// and hand each its ticket as its leg goes on (``ModelBalancer/firstToken(_:on:isStreamed:now:)``,
  /// ``ModelBalancer/ended(_:on:facts:promptBytes:now:)``).
  public var prefill: Int
  public var decode: Int
  /// How their engines hand caches over.
  public var handOver: CacheHandOver
  public var prefillTicket: WorkTicket
  public var decodeTicket: WorkTicket

  /// A pair before it is counted, and what the choice was made on.
  struct Candidates {
    var prefill: (index: Int, candidate: Candidate)
    var decode: (index: Int, candidate: Candidate)
    var handOver: CacheHandOver
  }

  /// Picks the pair with the least expected time (``cheapest(among:for:excluding:matches:random:)``) and counts the request on
  /// both.
  ///
  /// The counts move only if they are those that the choice was made on. Cost: placements × groups; no allocation.
  static func pick(
    among placements: [Placement], for request: BalancingRequest, excluding tried: Tried, matches: PrefixMatches,
    random: inout some RandomNumberGenerator
  ) -> PrefillDecodePair? {
    while true {
      guard
        let found = cheapest(among: placements, for: request, excluding: tried, matches: matches, random: &random)
      else { return nil }
      let prefill = found.prefill.candidate
      let seconds = prefill.prefillSeconds(request, cachedBlocks: prefill.matchedBlocks)
      let ticks = UInt32(min(max(1, seconds * ReplicaLoad.ticksPerSecond), 0x1p31))
      guard let added = prefill.replica.load.begin(ifStill: prefill.state, work: ticks) else { continue }
      let decode = found.decode.candidate
      // Both legs may go to one address, by two paths: there the prefill counts already.
      let own = decode.replica === prefill.replica ? 1 : 0
      guard decode.replica.load.begin(ifInFlight: decode.state.inFlight + own) else {
        prefill.replica.load.prefillEnded(work: added)
        prefill.replica.load.end()
        continue
      }
      if prefill.state.prefilling == 0 { prefill.replica.estimates.prefillBegan(now: request.now) }
      return PrefillDecodePair(
        prefill: found.prefill.index, decode: found.decode.index, handOver: found.handOver,
        prefillTicket: WorkTicket(
          prefilling: request, work: added, cachedBlocks: prefill.matchedBlocks,
          age: matches.age(slot: prefill.replica.prefixSlot)),
        decodeTicket: WorkTicket(decoding: request))
    }
  }

  /// The pair with the least expected time: the prefill's queue and what it has not cached, as `least-ttft`, plus the decode's
  /// cost. That is, in the same seconds, its requests in flight for its weight × ``decodeSecondsPerRequest``, doubled when its
  /// KV cache is over nine tenths full. Among equals the fewest requests in flight win, then chance. Prefill and decode of different groups never pair, nor do
  /// engines that hand caches over differently.
  ///
  /// Counts nothing.
  static func cheapest(
    among placements: [Placement], for request: BalancingRequest, excluding tried: Tried, matches: PrefixMatches,
    random: inout some RandomNumberGenerator
  ) -> Candidates? {
    var best: Candidates?
    var bestCost = Double.infinity
    var bestLoad = Double.infinity
    var ties: UInt64 = 1
    let pool = pool(placements, tried, request.now)
    for first in placements.indices where placements[first].role == .prefill {
      guard let handOver = placements[first].handOver,
        let prefill = candidate(placements[first], request, tried.prefill, pool, matches)
      else { continue }
      let prefillCost = LeastTTFTStrategy.cost(prefill, request)
      guard prefillCost <= bestCost else { continue }
      let prefillLoad = load(prefill)
      for second in placements.indices where placements[second].pairs(with: placements[first]) {
        guard let decode = candidate(placements[second], request, tried.decode, pool, matches) else { continue }
        let cost = prefillCost + decodeCost(decode)
        let load = prefillLoad + load(decode)
        guard cost < bestCost || cost == bestCost && load <= bestLoad else { continue }
        if cost < bestCost || load < bestLoad {
          ties = 1
        } else {
          ties += 1
          guard random.next(upperBound: ties) == 0 else { continue }
        }
        best = Candidates(prefill: (first, prefill), decode: (second, decode), handOver: handOver)
        bestCost = cost
        bestLoad = load
      }
    }
    return best
  }

  /// Whether ``pick(among:for:excluding:matches:random:)`` would find one. Counts nothing.
  ///
  /// - Parameter takesEjected: one of ejected replicas will do where there is no other.
  public static func isThere(
    among placements: [Placement], excluding tried: Tried, takesEjected: Bool = true, now: UInt64
  ) -> Bool {
    let pool = takesEjected ? pool(placements, tried, now) : .serving
    return hasPair(placements) { isOpen($0, $0.role == .prefill ? tried.prefill : tried.decode, pool, now) }
  }

  /// Whether only ejected replicas would make a pair, while one that is well takes the request whole.
  ///
  /// - Parameters:
  ///   - whole: the replicas that take it whole.
  ///   - triedWhole: those of them that do not any more.
  public static func isWorse(
    among placements: [Placement], excluding tried: Tried, thanWholeAmong whole: [Placement],
    excluding triedWhole: ReplicaSet, now: UInt64
  ) -> Bool {
    !isThere(among: placements, excluding: tried, takesEjected: false, now: now)
      && ReplicaPicker.hasCandidate(among: whole, excluding: triedWhole, takesEjected: false, now: now)
  }

  /// Which replicas a pair is picked from: those that serve, and where these make no pair, full or not, ejected ones as well.
  private enum Pool { case serving, servingAndEjected }

  private static func pool(_ placements: [Placement], _ tried: Tried, _ now: UInt64) -> Pool {
    let isServing = hasPair(placements) {
      ReplicaPicker.isIn(
        .serving, BorrowedPlacement($0), excluding: $0.role == .prefill ? tried.prefill : tried.decode, now: now)
    }
    return isServing ? .serving : .servingAndEjected
  }

  private static func hasPair(_ placements: [Placement], _ isIncluded: (Placement) -> Bool) -> Bool {
    placements.contains { first in
      first.role == .prefill && isIncluded(first)
        && placements.contains { $0.pairs(with: first) && isIncluded($0) }
    }
  }

  /// What one more request on a decoding replica is weighed at against seconds of prefill.
  static let decodeSecondsPerRequest = 0.02

  private static func load(_ candidate: Candidate) -> Double {
    LeastRequestStrategy.cost(
      inFlight: candidate.state.inFlight, weight: candidate.weight, factor: candidate.factor)
  }

  private static func decodeCost(_ candidate: Candidate) -> Double {
    let isNearlyFull = candidate.metric(.kvCacheUsage) ?? 0 > 0.9
    return load(candidate) * decodeSecondsPerRequest * (isNearlyFull ? 2 : 1)
  }

  private static func isOpen(_ placement: Placement, _ tried: ReplicaSet, _ pool: Pool, _ now: UInt64) -> Bool {
    let placement = BorrowedPlacement(placement)
    func isIn(_ pool: ReplicaPicker.Pool) -> Bool { ReplicaPicker.isIn(pool, placement, excluding: tried, now: now) }
    return (isIn(.serving) || pool == .servingAndEjected && isIn(.ejected))
      && ReplicaPicker.hasRoom(placement, placement.state)
  }

  private static func candidate(
    _ placement: Placement, _ request: BalancingRequest, _ tried: ReplicaSet, _ pool: Pool, _ matches: PrefixMatches
  ) -> Candidate? {
    guard isOpen(placement, tried, pool, request.now) else { return nil }
    return Candidate(BorrowedPlacement(placement), placement.vitals.state, request, matches)
  }
}

extension Placement {
  /// Whether it decodes what `prefill` prefills.
  fileprivate func pairs(with prefill: Placement) -> Bool {
    role == .decode && group == prefill.group && handOver != nil && handOver == prefill.handOver
  }
}
