/// What the external processor decides: `--decide`.
public enum ProcessorRole: String, Sendable, CaseIterable {
  /// Which model answers. The body's `model` and `x-selected-model` say it; who comes next picks the replica.
  case model
  /// Which replica answers, for the model that the body names, as AIBrix's plugin does behind another router.
  case replica
  /// Both.
  case both
}
