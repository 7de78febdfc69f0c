/// `pd`: prefill on one replica, decode on another of the same group. ``PrefillDecodePair`` chooses both.
///
/// Asked for a single replica, where the shell does not split requests, it takes one that does both.
enum PrefillDecodeStrategy {
  static let documentation = StrategyDocumentation(
    "Prefill on one replica, decode on another of its group.",
    inputs: "roles and groups of the replicas, and what answers taught", substitute: .leastTTFT, isCombinable: false)
}
