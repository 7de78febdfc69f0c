import Fleet

/// Chooses a model's replica and counts the request on it in one step.
///
/// Never allocates. Replicas that fail their health checks are passed over; unprobed ones are not. Those on which only
/// requests failed are taken when no other is left, so that a few bad requests cannot empty a fleet.
public enum ReplicaPicker {
  /// Picks and counts.
  ///
  /// The counter moves only if it still is what the choice was made on; else the choice is made anew, so two loops
  /// that choose at the same moment see each other.
  ///
  /// - Parameters:
  ///   - tried: replicas that this request must not go to again.
  /// - Returns: an index into `placements`, or nil when no replica may be chosen. The caller must call
  ///   ``ReplicaLoad/end()`` once.
  public static func pick(
    among placements: [Placement], excluding tried: ReplicaSet, random: inout some RandomNumberGenerator
  ) -> Int? {
    pick(among: placements, excluding: tried, allowingSuspects: false, random: &random)
      ?? pick(among: placements, excluding: tried, allowingSuspects: true, random: &random)
  }

  /// Whether ``pick(among:excluding:random:)`` would find one.
  public static func hasCandidate(among placements: [Placement], excluding tried: ReplicaSet) -> Bool {
    placements.contains { isCandidate($0, excluding: tried, allowingSuspects: true) }
  }

  private static func pick(
    among placements: [Placement], excluding tried: ReplicaSet, allowingSuspects: Bool,
    random: inout some RandomNumberGenerator
  ) -> Int? {
    while true {
      var best = -1
      var bestCost = Double.infinity
      var bestInFlight = 0
      var tiedWeight: UInt64 = 0
      for index in placements.indices {
        let placement = placements[index]
        guard isCandidate(placement, excluding: tried, allowingSuspects: allowingSuspects) else { continue }
        let inFlight = placement.replica.load.inFlight
        let cost = LeastRequestStrategy.cost(inFlight: inFlight, weight: placement.weight)
        if cost < bestCost {
          best = index
          bestCost = cost
          bestInFlight = inFlight
          tiedWeight = UInt64(placement.weight)
        } else if cost == bestCost {
          // Reservoir choice in proportion to weight.
          tiedWeight += UInt64(placement.weight)
          if random.next(upperBound: tiedWeight) < UInt64(placement.weight) {
            best = index
            bestInFlight = inFlight
          }
        }
      }
      guard best >= 0 else { return nil }
      if placements[best].replica.load.begin(ifInFlight: bestInFlight) { return best }
    }
  }

  /// What the next choice would be made on, for traces. Counts nothing.
  public static func candidates(among placements: [Placement]) -> [CandidateScore] {
    placements.map { placement in
      let inFlight = placement.replica.load.inFlight
      let isEligible = isCandidate(placement, excluding: ReplicaSet(), allowingSuspects: false)
      let reason = placement.weight == 0 ? "weight 0" : placement.replica.health.lastFailure
      return CandidateScore(
        replica: placement.name, address: placement.replica.authority, inFlight: inFlight,
        weight: placement.weight,
        score: isEligible ? LeastRequestStrategy.score(inFlight: inFlight, weight: placement.weight) : 0,
        isEligible: isEligible, reason: isEligible ? nil : reason)
    }
  }

  @inline(__always)
  private static func isCandidate(
    _ placement: Placement, excluding tried: ReplicaSet, allowingSuspects: Bool
  ) -> Bool {
    guard placement.weight > 0, !tried.contains(placement.replica.id) else { return false }
    return switch placement.replica.health.state {
    case .unknown, .ready: true
    case .suspect: allowingSuspects
    case .failing: false
    }
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
