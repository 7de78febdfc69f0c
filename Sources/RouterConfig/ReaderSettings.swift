/// What a rule that guards says when its reader fails.
public enum GuardFailure: String, Sendable, CaseIterable {
  /// It matches, as if the prompt were an attack: the guard closes.
  case block
  /// It counts as failed, which is neither matched nor unmatched: the guard opens.
  case allow
}

/// `model_catalog.modules.prompt_guard`: what reads the signal `jailbreak`.
public struct PromptGuardSettings: Sendable, Equatable {
  /// The risk from which rules match that set none.
  public var threshold: Double
  /// The labels whose probabilities make up the risk.
  public var positiveLabels: [String]
  public var onError: GuardFailure

  /// The labels of the built-in guard.
  public static let labels = ["benign", "jailbreak", "harmful_request", "toxicity"]

  public init(
    threshold: Double = 0.7, positiveLabels: [String] = ["jailbreak"], onError: GuardFailure = .block
  ) {
    self.threshold = threshold
    self.positiveLabels = positiveLabels
    self.onError = onError
  }
}

/// `model_catalog.modules.classifier.pii`: what reads the signal `pii`.
public struct PersonalDataSettings: Sendable, Equatable {
  /// The confidence from which a find counts for rules that set none.
  public var threshold: Double
  public var onError: GuardFailure

  public init(threshold: Double = 0.9, onError: GuardFailure = .block) {
    self.threshold = threshold
    self.onError = onError
  }
}

/// `model_catalog.embeddings.semantic`: the encoder of prompts, and how likeness is told with it.
public struct EmbeddingSettings: Sendable, Equatable {
  /// Where the encoder comes from.
  public enum Encoder: Sendable, Equatable {
    /// The packed model in the cache folder, if `switchyard models fetch` put it there.
    case cached
    /// A model's folder or packed file.
    case path(String)
    /// None: linear models read, and rules that need an encoder fail.
    case none
  }
  public var encoder: Encoder
  /// Threads that read prompts.
  public var workers: Int
  /// How long a request waits for the encoder before it is decided without it.
  public var deadline: Duration
  /// Rules that match at most, the likest first; 0: all.
  public var topRules: Int
  /// Whether, when no rule reaches its threshold, rules match that reach ``lowestScore``.
  public var matchesSoftly: Bool
  public var lowestScore: Double

  public init(
    encoder: Encoder = .cached, workers: Int = 1, deadline: Duration = .milliseconds(500), topRules: Int = 1,
    matchesSoftly: Bool = true, lowestScore: Double = 0.5
  ) {
    self.encoder = encoder
    self.workers = workers
    self.deadline = deadline
    self.topRules = topRules
    self.matchesSoftly = matchesSoftly
    self.lowestScore = lowestScore
  }
}
