/// The generations of AIBrix's gateway, which tell a replica in different fields.
public enum AIBrixCompatibility: String, Sendable, Equatable, CaseIterable {
  /// Its address in `target-pod`.
  case v04 = "0.4"
  /// Its name in `target-pod`, its address in `target-pod-ip`.
  case latest
}
