/// The models that read prompts, made once a process. Immutable; any thread may use them.
public struct ReadingModels: Sendable {
  /// What a prompt is about.
  public var domain: any TextClassifier
  /// Whether it attacks. nil: rules that guard find their reader failed.
  public var promptGuard: (any TextClassifier)?
  /// Whether it holds personal data. nil: as above.
  public var personalData: (any PersonalDataReader)?
  /// Vectors; nil: linear models read alone, and rules that need vectors fail.
  public var encoder: (any PromptEncoder)?

  public init(
    domain: any TextClassifier, promptGuard: (any TextClassifier)? = nil,
    personalData: (any PersonalDataReader)? = nil, encoder: (any PromptEncoder)? = nil
  ) {
    self.domain = domain
    self.promptGuard = promptGuard
    self.personalData = personalData
    self.encoder = encoder
  }
}
