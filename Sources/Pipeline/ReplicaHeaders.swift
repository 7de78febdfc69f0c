import Fleet
import RouterConfig

/// The fields of an answer that tell the replica and what chose it, as AIBrix's gateway tells them to clients that want a
/// strategy.
public enum ReplicaHeaders {
  /// Calls `body` with each field; names are in lower case.
  ///
  /// - Parameter address: `host:port` of the replica, as it is to be told.
  public static func forEach(
    _ account: AttemptAccount, on placement: Placement, address: String, wish: ReplicaWish,
    as generation: AIBrixCompatibility, _ body: (_ name: StaticString, _ value: String) -> Void
  ) {
    body("routing-strategy", account.strategy.rawValue)
    switch generation {
    case .v04: body("target-pod", address)
    case .latest:
      body("target-pod", placement.name)
      body("target-pod-ip", address)
    }
    if account.strategy == .sessionAffinity { body("x-session-id", SessionID.of(placement.replica)) }
    if let profile = wish.profile { body("x-aibrix-config-profile", profile) }
  }

  /// Those that tell the replica that prefilled, where another decoded.
  ///
  /// - Parameter address: `host:port` of the replica, as it is to be told.
  public static func forEachOfPrefill(
    on placement: Placement, address: String, as generation: AIBrixCompatibility,
    _ body: (_ name: StaticString, _ value: String) -> Void
  ) {
    switch generation {
    case .v04: body("prefill-target-pod", address)
    case .latest:
      body("prefill-target-pod", placement.name)
      body("prefill-target-pod-ip", address)
    }
  }
}
