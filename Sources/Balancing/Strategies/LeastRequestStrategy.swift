import Fleet

/// `least-request`: the replica with the fewest requests in flight for its weight.
///
/// cost = inFlight / weight. With equal weights, 256 simultaneous requests on 4 idle replicas land 64 each. Ties fall at
/// random in proportion to the weights, so that an idle fleet of weights 2 and 1 gets two thirds and one third.
public enum LeastRequestStrategy {
  public static let name = "least-request"

  /// Lower is better; infinite for a placement that takes no traffic.
  @inlinable
  public static func cost(inFlight: Int, weight: Int) -> Double {
    weight > 0 ? Double(inFlight) / Double(weight) : .infinity
  }

  /// A score in 0…1 for people and traces: 1 for an idle replica, 1 / (1 + cost) else.
  public static func score(inFlight: Int, weight: Int) -> Double {
    weight > 0 ? 1 / (1 + cost(inFlight: inFlight, weight: weight)) : 0
  }
}
