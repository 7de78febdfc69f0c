/// `least-request`: the replica with the fewest requests in flight for its weight.
///
/// cost = inFlight / (weight × factor), the factor being 1 but in a slow start. With equal weights, 256 simultaneous
/// requests on 4 idle replicas land 64 each. Ties fall at random in proportion to weight × factor, so that an idle fleet of
/// weights 2 and 1 gets two thirds and one third, and a replica that comes back to an idle fleet of two with a factor of
/// 0.1 gets one request in eleven.
public enum LeastRequestStrategy {
  public static let name = "least-request"

  static let documentation = StrategyDocumentation(
    "The replica with the fewest requests in flight for its weight.", inputs: "the requests that this router sent",
    substitute: nil)

  /// Lower is better; infinite for a placement that takes no traffic.
  ///
  /// - Parameter factor: of the slow start, above 0 and at most 1.
  @inlinable
  public static func cost(inFlight: Int, weight: Int, factor: Double = 1) -> Double {
    weight > 0 ? Double(inFlight) / (Double(weight) * factor) : .infinity
  }

  /// The chance among placements of the same cost is this in proportion, at least 1.
  @inlinable
  public static func tieShare(weight: Int, factor: Double) -> UInt64 {
    // What the product below comes to.
    if factor == 1, weight > 0, weight < 1 << 32 { return UInt64(weight) &* 1_000 }
    let share = Double(weight) * factor * 1_000
    return share < 1 ? 1 : share < 0x1p48 ? UInt64(share) : 1 << 48
  }

  /// A score in 0…1 for people and traces: 1 for an idle replica, 1 / (1 + cost) else.
  public static func score(inFlight: Int, weight: Int) -> Double {
    weight > 0 ? 1 / (1 + cost(inFlight: inFlight, weight: weight)) : 0
  }

  /// Tells from a replica's requests and weight that it would not be chosen. A slow start only adds to the cost.
  struct Bound: CostBound {
    private var allowed = Double.infinity

    @inline(__always) mutating func lower(to cost: Double) {
      // Far more than a division is off by, and far less than one request.
      allowed = cost * (1 + 1e-9)
    }

    @inline(__always) func isExceeded(by placement: BorrowedPlacement, _ matches: PrefixMatches?) -> Bool {
      Double(placement.state.inFlight) > allowed * Double(placement.weight)
    }
  }
}
