/// What the linear guard says of a text before calibration: over all windows of the text, the highest score each.
public struct GuardScores: Sendable, Equatable {
  /// Any attack or harm against benign.
  public var risk: Double
  /// Jailbreak and prompt injection against the rest.
  public var jailbreak: Double
  /// A plain request for harm against the rest.
  public var harmfulRequest: Double
  /// Hostile, sexual or self-harming language against the rest.
  public var toxicity: Double
  /// How many windows were read, at least 1: the highest of many scores is higher by chance.
  public var windows: Int
  /// Whether a disguise was undone or a stretch decoded, so that the text as sent is not what was read.
  public var isDisguised = false

  public init(risk: Double, jailbreak: Double, harmfulRequest: Double, toxicity: Double, windows: Int) {
    self.risk = risk
    self.jailbreak = jailbreak
    self.harmfulRequest = harmfulRequest
    self.toxicity = toxicity
    self.windows = windows
  }
}
