import Fleet

extension ReplicaPicker {
  /// Picks by a strategy, and counts the request and its prefill on the replica.
  ///
  /// Never allocates, takes no lock. The same replicas are passed over as by
  /// ``pick(among:excluding:now:random:)``. The counts move only if the chosen replica's are still those that the choice
  /// was made on; else the choice is made anew. Equal costs are told apart by requests in flight, then by chance in
  /// proportion to weight × slow-start factor.
  ///
  /// - Parameters:
  ///   - matches: what a lookup of the request's blocks found (``PrefixIndex/match(_:into:)``).
  ///   - tried: replicas that this request must not go to again.
  public static func pick(
    among placements: [Placement], for request: BalancingRequest, by strategy: RoutingStrategy,
    excluding tried: ReplicaSet, matches: PrefixMatches, random: inout some RandomNumberGenerator
  ) -> ReplicaChoice {
    var lots = SplitMix64(seed: random.next())
    return placements.withBorrowed { placements in
      let choice = pick(
        among: placements, for: request, by: strategy, excluding: tried, from: .serving, matches: matches, &lots)
      guard choice.outcome == .noneReady else { return choice }
      return pick(
        among: placements, for: request, by: strategy, excluding: tried, from: .ejected, matches: matches, &lots)
    }
  }

  /// What a choice by this strategy would be made on, for explanations. Counts nothing.
  ///
  /// The score is 1 for the best and 0 for the worst candidate, and those between in proportion to their costs. One on which
  /// the request would wait for a connection has 0 while there are others. Candidates whose costs are equal have equal
  /// scores, though fewer requests in flight tell them apart.
  ///
  /// - Parameter matches: what a lookup of the request's blocks found (``PrefixIndex/match(_:into:)``).
  public static func preview(
    among placements: [Placement], for request: BalancingRequest, by strategy: RoutingStrategy,
    matches: PrefixMatches
  ) -> ReplicaPreview {
    let scores = candidates(among: placements)
    return placements.withBorrowed { preview(among: $0, for: request, by: strategy, matches: matches, scores) }
  }

  private static func preview(
    among placements: BorrowedPlacements, for request: BalancingRequest, by strategy: RoutingStrategy,
    matches: PrefixMatches, _ candidates: [CandidateScore]
  ) -> ReplicaPreview {
    var scores = candidates
    let open = placements.indices.filter { scores[$0].isEligible }
    var (parts, lack) = effectiveParts(strategy, request)
    var survey = Survey()
    for index in open { survey.add(candidate(placements[index], request, matches), request) }
    var costs: KnownCosts
    var found: Lack?
    repeat {
      costs = KnownCosts()
      for index in open { costs.add(candidate(placements[index], request, matches), request, parts, survey) }
      found = substitute(&parts, costs)
      lack = lack ?? found
    } while found?.shortfall == .metricUnknown
    var saturated: [Int] = []
    for index in open {
      let candidate = candidate(placements[index], request, matches)
      var score = 0.0
      var weights = 0.0
      for part in 0..<parts.count {
        let cost = parts.kinds[part].cost(candidate, request, survey) ?? costs.parts[part].mean
        score += parts.weights[part] * costs.parts[part].score(cost)
        weights += parts.weights[part]
      }
      scores[index].score = score / weights
      if candidate.isSaturated { saturated.append(index) }
    }
    if saturated.count < open.count {
      for index in saturated { scores[index].score = 0 }
    }
    var shortfall = lack?.shortfall
    if shortfall == nil, let best = ReplicaPreview.best(of: scores) {
      shortfall = Self.shortfall(parts.heaviest, candidate(placements[best], request, matches), request)
    }
    return ReplicaPreview(
      candidates: scores, asked: strategy,
      decided: RoutingStrategy(
        adding: (0..<parts.count).map { .init(kind: parts.kinds[$0], weight: Int(parts.weights[$0])) }),
      shortfall: shortfall)
  }

  /// A strategy's parts after substitution.
  struct Parts {
    var count = 0
    var kinds = InlineArray<8, StrategyKind>(repeating: .random)
    var weights = InlineArray<8, Double>(repeating: 0)

    /// The one that weighs most, the first of equals.
    var heaviest: StrategyKind {
      var best = 0
      for part in 1..<max(1, count) where weights[part] > weights[best] { best = part }
      return kinds[best]
    }

    mutating func append(_ kind: StrategyKind, weight: Double) {
      kinds[count] = kind
      weights[count] = weight
      count += 1
    }
  }

  /// What a part of a strategy lacked.
  struct Lack {
    var kind: StrategyKind
    var shortfall: Shortfall
  }

  private static func effectiveParts(
    _ strategy: RoutingStrategy, _ request: BalancingRequest
  ) -> (parts: Parts, lack: Lack?) {
    var parts = Parts()
    var lack: Lack?
    for part in strategy.parts {
      var kind = part.kind
      if let shortfall = kind.shortfall(request) {
        lack = lack ?? Lack(kind: kind, shortfall: shortfall)
        kind = kind.documentation.substitute ?? .standard
      }
      parts.append(kind, weight: Double(part.weight))
    }
    return (parts, lack)
  }

  @inline(__always) private static func candidate(
    _ placement: BorrowedPlacement, _ request: BalancingRequest, _ matches: PrefixMatches
  ) -> Candidate {
    Candidate(placement, placement.state, request, matches)
  }

  /// The counts of a candidate that may be taken, else nil; notes in `hasFull` one that may but for its limit.
  @inline(__always) private static func open(
    _ placement: BorrowedPlacement, _ pool: Pool, _ tried: ReplicaSet, _ now: UInt64, _ hasFull: inout Bool
  ) -> ReplicaLoad.State? {
    guard isIn(pool, placement, excluding: tried, now: now) else { return nil }
    let state = placement.state
    guard hasRoom(placement, state) else {
      hasFull = true
      return nil
    }
    return state
  }

  @inline(__always) private static func isOpen(
    _ placements: BorrowedPlacements, _ index: Int, _ pool: Pool, _ tried: ReplicaSet, _ now: UInt64,
    _ hasFull: inout Bool
  ) -> Bool {
    open(placements[index], pool, tried, now, &hasFull) != nil
  }

  private static func pick(
    among placements: BorrowedPlacements, for request: BalancingRequest, by strategy: RoutingStrategy,
    excluding tried: ReplicaSet, from pool: Pool, matches: PrefixMatches, _ lots: inout SplitMix64
  ) -> ReplicaChoice {
    let asked = strategy.heaviest
    var (parts, lack) = effectiveParts(strategy, request)
    while true {
      var hasFull = false
      var found: Found?
      var isFound = false
      if parts.count == 1, parts.kinds[0].needsMetrics {
        var itsLots = lots
        (found, isFound) = lowest(placements, request, tried, pool, matches, parts.kinds[0], &hasFull, &itsLots)
        if isFound { lots = itsLots }
      }
      if !isFound {
        var survey = Survey()
        var costs = KnownCosts()
        if parts.count > 1 || parts.kinds[0].needsSurvey {
          for index in placements.indices where isOpen(placements, index, pool, tried, request.now, &hasFull) {
            survey.add(candidate(placements[index], request, matches), request)
          }
        }
        if parts.count > 1 || parts.kinds[0].needsMetrics {
          for index in placements.indices where isOpen(placements, index, pool, tried, request.now, &hasFull) {
            costs.add(candidate(placements[index], request, matches), request, parts, survey)
          }
          if let found = substitute(&parts, costs) {
            lack = lack ?? found
            if found.shortfall == .metricUnknown { continue }
          }
        }
        hasFull = false
        found =
          parts.kinds[0] == .powerOfTwo
          ? drawTwo(placements, request, tried, pool, matches, &hasFull, &lots)
          : cheapest(placements, request, tried, pool, matches, parts, survey, costs, &hasFull, &lots)
      }
      let decided = parts.heaviest
      var choice = ReplicaChoice(
        outcome: hasFull ? .allFull : .noneReady, asked: asked, decided: decided,
        shortfall: lack?.shortfall, lacking: lack?.kind ?? asked, ticket: WorkTicket())
      guard let found else { return choice }
      let chosen = candidate(placements[found.index], request, matches)
      let seconds = chosen.prefillSeconds(request, cachedBlocks: chosen.matchedBlocks)
      let ticks = UInt32(min(max(1, seconds * ReplicaLoad.ticksPerSecond), 0x1p31))
      guard let added = chosen.replica.load.begin(ifStill: found.state, work: ticks) else { continue }
      if found.state.prefilling == 0 { chosen.replica.estimates.prefillBegan(now: request.now) }
      choice.outcome = .replica(found.index)
      if choice.shortfall == nil { choice.shortfall = Self.shortfall(decided, chosen, request) }
      choice.ticket.work = added
      choice.ticket.isPrefilling = true
      choice.ticket.presumedEnd = request.now &+ Self.nanoseconds(chosen.queueSeconds(request) + seconds)
      choice.ticket.sentAt = request.now
      choice.ticket.cachedBlocks = chosen.matchedBlocks
      choice.ticket.age = matches.age(slot: chosen.replica.prefixSlot)
      choice.ticket.promptTokens = request.promptTokens
      choice.ticket.tokensPerBlock = request.tokensPerBlock
      choice.ticket.goesByEvents = request.goesByEvents
      choice.ticket.userKey = request.userKey
      return choice
    }
  }

  /// At most an hour.
  private static func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(max(0, min(seconds, 3_600)) * 1e9) }

  /// What the choice itself shows to be lacking.
  private static func shortfall(
    _ kind: StrategyKind, _ chosen: Candidate, _ request: BalancingRequest
  ) -> Shortfall? {
    switch kind {
    case .loraAffinity: chosen.replica.adapters.contains(request.adapterKey) ? nil : .adapterNotLoaded
    case .slo, .sloPackLoad, .sloLeastLoad:
      LeastTTFTStrategy.estimate(chosen, request) <= request.firstTokenTarget ?? .infinity ? nil : .targetMissed
    default: nil
    }
  }

  /// Puts substitutes in the place of parts whose figure no candidate tells.
  private static func substitute(_ parts: inout Parts, _ costs: KnownCosts) -> Lack? {
    var lack: Lack?
    for part in 0..<parts.count where parts.kinds[part].needsMetrics && costs.parts[part].known < costs.candidates {
      guard costs.parts[part].known == 0 else {
        lack = lack ?? Lack(kind: parts.kinds[part], shortfall: .metricPartial)
        continue
      }
      // The caller tries again with the substitutes, so this is told rather than what was only partly known.
      lack = Lack(kind: parts.kinds[part], shortfall: .metricUnknown)
      parts.kinds[part] = parts.kinds[part].documentation.substitute ?? .standard
    }
    return lack
  }

  /// Adds to the cost of a replica on which a request would wait for a connection, so that it loses to every one that has
  /// one to give, whatever the strategy.
  private static let saturated = 1e12

  private struct Found {
    var index: Int
    var state: ReplicaLoad.State
  }

  /// One pass over all. What most of a large fleet comes to is not worked out: its vitals say what a replica costs at least
  /// (``CostBound``), and once a cheaper one is found one line of them is all that is read of it.
  @inline(__always) private static func cheapest(
    _ placements: BorrowedPlacements, _ request: BalancingRequest, _ tried: ReplicaSet, _ pool: Pool,
    _ matches: PrefixMatches, _ parts: Parts, _ survey: Survey, _ costs: KnownCosts, _ hasFull: inout Bool,
    _ lots: inout SplitMix64
  ) -> Found? {
    if parts.count == 1, parts.kinds[0] == .leastTTFT {
      return cheapest(
        placements, request, tried, pool, matches, breaksTiesByLoad: true,
        bound: LeastTTFTStrategy.Bound(request), &hasFull, &lots
      ) { LeastTTFTStrategy.cost($0, request) }
    }
    if parts.count == 1, parts.kinds[0] == .leastRequest {
      return cheapest(
        placements, request, tried, pool, nil, breaksTiesByLoad: false, bound: LeastRequestStrategy.Bound(),
        &hasFull, &lots
      ) { LeastRequestStrategy.cost(inFlight: $0.state.inFlight, weight: $0.weight, factor: $0.factor) }
    }
    return cheapest(
      placements, request, tried, pool, matches,
      breaksTiesByLoad: parts.count > 1 || parts.kinds[0].breaksTiesByLoad, bound: NoCostBound(), &hasFull, &lots
    ) { candidate in
      if parts.count == 1 { return parts.kinds[0].cost(candidate, request, survey) ?? costs.parts[0].mean }
      var score = 0.0
      for part in 0..<parts.count {
        let partCost = parts.kinds[part].cost(candidate, request, survey) ?? costs.parts[part].mean
        score += parts.weights[part] * costs.parts[part].score(partCost)
      }
      return -score
    }
  }

  /// By a figure that every candidate's engine tells, in one pass.
  ///
  /// - Returns: what was found, and whether that counts: not when some engine does not tell the figure, since it then depends
  ///   on the others what that one costs.
  private static func lowest(
    _ placements: BorrowedPlacements, _ request: BalancingRequest, _ tried: ReplicaSet, _ pool: Pool,
    _ matches: PrefixMatches, _ kind: StrategyKind, _ hasFull: inout Bool, _ lots: inout SplitMix64
  ) -> (found: Found?, isSure: Bool) {
    if kind == .leastKVCache {
      return lowest(
        placements, request, tried, pool, nil, bound: LeastKVCacheStrategy.Bound(now: request.now), &hasFull, &lots
      ) { LeastKVCacheStrategy.cost($0) }
    }
    let survey = Survey()
    return lowest(placements, request, tried, pool, matches, bound: NoCostBound(), &hasFull, &lots) {
      kind.cost($0, request, survey)
    }
  }

  @inline(__always) private static func lowest(
    _ placements: BorrowedPlacements, _ request: BalancingRequest, _ tried: ReplicaSet, _ pool: Pool,
    _ matches: PrefixMatches?, bound: some CostBound, _ hasFull: inout Bool, _ lots: inout SplitMix64,
    cost: (Candidate) -> Double?
  ) -> (found: Found?, isSure: Bool) {
    var isSure = true
    let found = cheapest(
      placements, request, tried, pool, matches, breaksTiesByLoad: true, bound: bound, &hasFull, &lots
    ) { candidate in
      guard isSure, let cost = cost(candidate) else {
        isSure = false
        return .infinity
      }
      return cost
    }
    return (found, isSure)
  }

  /// - Parameters:
  ///   - matches: nil where neither cost nor bound goes by them.
  ///   - bound: of the costs.
  ///   - cost: of a candidate.
  @inline(__always) private static func cheapest<Bound: CostBound>(
    _ placements: BorrowedPlacements, _ request: BalancingRequest, _ tried: ReplicaSet, _ pool: Pool,
    _ matches: PrefixMatches?, breaksTiesByLoad: Bool, bound: Bound, _ hasFull: inout Bool,
    _ lots: inout SplitMix64, cost: (Candidate) -> Double
  ) -> Found? {
    var bound = bound
    var best: Found?
    var bestCost = Double.infinity
    var bestLoad = Double.infinity
    var tiedShare: UInt64 = 0
    for index in placements.indices {
      let placement = placements[index]
      if bound.isExceeded(by: placement, matches) { continue }
      guard let state = open(placement, pool, tried, request.now, &hasFull) else { continue }
      let candidate = Candidate(placement, state, request, matches)
      let offered = cost(candidate) + (candidate.isSaturated ? saturated : 0)
      guard offered <= bestCost else { continue }
      let load =
        breaksTiesByLoad
        ? LeastRequestStrategy.cost(inFlight: state.inFlight, weight: placement.weight, factor: candidate.factor) : 0
      let share = LeastRequestStrategy.tieShare(weight: placement.weight, factor: candidate.factor)
      if offered < bestCost || load < bestLoad {
        best = Found(index: index, state: state)
        bestCost = offered
        bestLoad = load
        tiedShare = share
        bound.lower(to: offered)
      } else if load == bestLoad {
        // Reservoir choice in proportion to the share.
        tiedShare += share
        if lots.draw(below: tiedShare) < share { best = Found(index: index, state: state) }
      }
    }
    return best
  }

  /// Two by reservoir, the second among all but the first; then the one with the lower load. Those that have no connection to
  /// give are drawn when no other is left.
  private static func drawTwo(
    _ placements: BorrowedPlacements, _ request: BalancingRequest, _ tried: ReplicaSet, _ pool: Pool,
    _ matches: PrefixMatches, _ hasFull: inout Bool, _ lots: inout SplitMix64
  ) -> Found? {
    // What has a connection now may have none when it is drawn.
    drawTwo(placements, request, tried, pool, matches, takesSaturated: false, &hasFull, &lots)
      ?? drawTwo(placements, request, tried, pool, matches, takesSaturated: true, &hasFull, &lots)
  }

  private static func drawTwo(
    _ placements: BorrowedPlacements, _ request: BalancingRequest, _ tried: ReplicaSet, _ pool: Pool,
    _ matches: PrefixMatches, takesSaturated: Bool, _ hasFull: inout Bool, _ lots: inout SplitMix64
  ) -> Found? {
    var drawn: (Found, load: Double)?
    for _ in 0..<2 {
      var total: UInt64 = 0
      var next: (Found, load: Double)?
      for index in placements.indices
      where index != drawn?.0.index && isOpen(placements, index, pool, tried, request.now, &hasFull) {
        let candidate = candidate(placements[index], request, matches)
        guard takesSaturated || !candidate.isSaturated else { continue }
        let share = LeastRequestStrategy.tieShare(weight: candidate.weight, factor: candidate.factor)
        total += share
        guard lots.draw(below: total) < share else { continue }
        let load = LeastRequestStrategy.cost(
          inFlight: candidate.state.inFlight, weight: candidate.weight, factor: candidate.factor)
        next = (Found(index: index, state: candidate.state), load)
      }
      guard let next else { break }
      if let first = drawn { return next.load < first.load ? next.0 : first.0 }
      drawn = next
    }
    return drawn?.0
  }
}
