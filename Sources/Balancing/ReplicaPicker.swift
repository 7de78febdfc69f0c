import Fleet

/// Chooses a model's replica and counts the request on it in one step: by requests in flight alone, or by any strategy
/// (``pick(among:for:by:excluding:matches:random:)``).
///
/// Never allocates, takes no lock. Passed over are replicas that fail their health checks (unprobed ones are not), and
/// those at their limit of requests. Ejected ones, on which only requests failed, are taken when no other is left, so that
/// a few bad requests cannot empty a fleet; a replica that is merely full counts as left, since what it cannot take should
/// not go to one that is known to fail. After an ejection a replica takes a share that grows (``SlowStart``).
public enum ReplicaPicker {
  public enum Choice: Sendable, Equatable {
    /// An index into the placements. The request is counted: the caller must call ``ReplicaLoad/end()`` once.
    case replica(Int)
    /// Replicas may be chosen, but each is at its limit of requests.
    case allFull
    /// None may be chosen: all fail their probes, were tried, or take no traffic.
    case noneReady

    /// The chosen index, if any.
    public var index: Int? { if case .replica(let index) = self { index } else { nil } }
  }

  enum Pool { case serving, ejected }

  /// Picks and counts.
  ///
  /// The counter moves only if it still is what the choice was made on; else the choice is made anew, so two loops
  /// that choose at the same moment see each other, and no replica ever has more than its limit.
  ///
  /// - Parameters:
  ///   - tried: replicas that this request must not go to again.
  ///   - now: monotonic nanoseconds, of the clock that the replicas' health is told.
  public static func pick(
    among placements: [Placement], excluding tried: ReplicaSet, now: UInt64,
    random: inout some RandomNumberGenerator
  ) -> Choice {
    var lots = SplitMix64(seed: random.next())
    return placements.withBorrowed { placements in
      let choice = pick(among: placements, excluding: tried, from: .serving, now: now, &lots)
      guard choice == .noneReady else { return choice }
      return pick(among: placements, excluding: tried, from: .ejected, now: now, &lots)
    }
  }

  /// Whether ``pick(among:excluding:now:random:)`` would find one. Counts nothing.
  ///
  /// - Parameter takesEjected: one that is ejected will do where there is no other.
  public static func hasCandidate(
    among placements: [Placement], excluding tried: ReplicaSet, takesEjected: Bool = true, now: UInt64
  ) -> Bool {
    placements.withBorrowed { placements in
      var hasFull = false
      for pool in [Pool.serving, .ejected] where takesEjected || pool == .serving {
        for index in placements.indices {
          let placement = placements[index]
          guard isIn(pool, placement, excluding: tried, now: now) else { continue }
          if hasRoom(placement, placement.state) { return true }
          hasFull = true
        }
        if hasFull { return false }
      }
      return false
    }
  }

  private static func pick(
    among placements: BorrowedPlacements, excluding tried: ReplicaSet, from pool: Pool, now: UInt64,
    _ lots: inout SplitMix64
  ) -> Choice {
    while true {
      var best = -1
      var bestCost = Double.infinity
      var bestInFlight = 0
      var tiedShare: UInt64 = 0
      var hasFull = false
      for index in placements.indices {
        let placement = placements[index]
        let weight = placement.weight
        guard isIn(pool, placement, excluding: tried, now: now) else { continue }
        let state = placement.state
        let inFlight = state.inFlight
        guard hasRoom(placement, state) else {
          hasFull = true
          continue
        }
        let factor = placement.slowStartFactor(at: now)
        let cost = LeastRequestStrategy.cost(inFlight: inFlight, weight: weight, factor: factor)
        let share = LeastRequestStrategy.tieShare(weight: weight, factor: factor)
        if cost < bestCost {
          best = index
          bestCost = cost
          bestInFlight = inFlight
          tiedShare = share
        } else if cost == bestCost {
          // Reservoir choice in proportion to the share.
          tiedShare += share
          if lots.draw(below: tiedShare) < share {
            best = index
            bestInFlight = inFlight
          }
        }
      }
      guard best >= 0 else { return hasFull ? .allFull : .noneReady }
      if placements[best].replica.load.begin(ifInFlight: bestInFlight) { return .replica(best) }
    }
  }

  /// What the next choice would be made on, for traces: by each replica's health as of its last event, which its probes
  /// keep at most a probe interval old. Counts nothing.
  public static func candidates(among placements: [Placement]) -> [CandidateScore] {
    placements.map { placement in
      let inFlight = placement.replica.load.inFlight
      let limit = placement.replica.requestLimit
      let reason: String? =
        if placement.weight == 0 {
          "weight 0"
        } else if placement.replica.health.state == .failing || placement.replica.health.state == .ejected {
          placement.replica.health.lastFailure ?? "requests fail on it"
        } else if placement.replica.vitals.isAsleep {
          "its engine sleeps"
        } else if inFlight >= limit {
          "at its limit of \(limit) requests"
        } else {
          nil
        }
      return CandidateScore(
        replica: placement.name, address: placement.replica.authority, inFlight: inFlight,
        weight: placement.weight,
        score: reason == nil ? LeastRequestStrategy.score(inFlight: inFlight, weight: placement.weight) : 0,
        isEligible: reason == nil, reason: reason)
    }
  }

  @inline(__always)
  static func isIn(_ pool: Pool, _ placement: BorrowedPlacement, excluding tried: ReplicaSet, now: UInt64) -> Bool {
    placement.read { placement in
      guard placement.weight > 0, !placement.vitals.cannotServe,
        (now < placement.vitals.ejectedUntil) == (pool == .ejected)
      else { return false }
      return tried.count == 0 || !tried.contains(placement.replica.id)
    }
  }

  /// Whether it is below its limit of requests.
  @inline(__always) static func hasRoom(_ placement: BorrowedPlacement, _ state: ReplicaLoad.State) -> Bool {
    state.inFlight < min(placement.read { $0.vitals.requestLimit }, ReplicaLoad.capacity)
  }
}

/// One candidate replica in a trace.
public struct CandidateScore: Sendable, Equatable {
  public var replica: String
  public var address: String
  public var inFlight: Int
  public var weight: Int
  /// 0…1, higher is better.
  public var score: Double
  public var isEligible: Bool
  /// Why it may not be chosen.
  public var reason: String?
}
