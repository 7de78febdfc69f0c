/// By what a choice goes for how much of a prompt each replica has cached.
public enum PromptResidency: Sendable {
  /// By this router's own requests (``PrefixIndex``).
  case ownRequests
  /// By what the engines tell (``TokenBlockIndex``), and by own requests where they tell nothing.
  case events(TokenChains, TierWeights)
  /// What engines tell was wanted and could not be gone by; own requests serve.
  case lacking(Shortfall)

  /// What the choice lacked.
  public var shortfall: Shortfall? { if case .lacking(let shortfall) = self { shortfall } else { nil } }
}
