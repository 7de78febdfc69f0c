/// Which generation of llm-d-inference-sim the simulator behaves like.
///
/// The two differ in response fields, metric names, the scheduler and the units of the latency flags; every such
/// difference in this target is decided by this value and by nothing else.
public enum CompatibilityLevel: String, Sendable, CaseIterable {
  /// The release that the AIBrix guide deploys.
  case v050 = "v0.5.0"
  /// The main branch of August 2026.
  case latest
}
