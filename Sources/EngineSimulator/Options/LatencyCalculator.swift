/// How the time to the first token is found.
public enum LatencyCalculator: String, Sendable, CaseIterable {
  /// From `--time-to-first-token` when it is set, else per token.
  case automatic = ""
  /// Always from `--time-to-first-token`.
  case constant
  /// Always from `--prefill-overhead` and `--prefill-time-per-token`.
  case perToken = "per-token"
}
