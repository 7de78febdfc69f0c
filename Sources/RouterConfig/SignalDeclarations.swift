/// The `signals` block: the rules of each family that this build reads.
public struct SignalDeclarations: Sendable, Equatable {
  public var keywords: [KeywordRule]
  public var domains: [DomainRule]
  public var language: [LanguageRule]
  public var context: [ContextRule]
  public var structure: [StructureRule]
  public var conversation: [ConversationRule]
  public var metadata: [MetadataRule]
  public var jailbreak: [JailbreakRule]
  public var pii: [PersonalDataRule]
  public var embeddings: [EmbeddingRule]

  public init(
    keywords: [KeywordRule] = [], domains: [DomainRule] = [], language: [LanguageRule] = [],
    context: [ContextRule] = [], structure: [StructureRule] = [], conversation: [ConversationRule] = [],
    metadata: [MetadataRule] = [], jailbreak: [JailbreakRule] = [], pii: [PersonalDataRule] = [],
    embeddings: [EmbeddingRule] = []
  ) {
    self.keywords = keywords
    self.domains = domains
    self.language = language
    self.context = context
    self.structure = structure
    self.conversation = conversation
    self.metadata = metadata
    self.jailbreak = jailbreak
    self.pii = pii
    self.embeddings = embeddings
  }
}

/// `keywords[]`: words or patterns in the prompt.
public struct KeywordRule: Sendable, Equatable {
  public enum Operator: String, Sendable, CaseIterable {
    case and = "AND"
    case or = "OR"
    case nor = "NOR"
  }
  /// `literal` is the document's empty method: whole words, in every script.
  public enum Method: String, Sendable, CaseIterable {
    case literal = ""
    case regex, bm25, ngram, fuzzy
  }
  public var name: String
  public var op: Operator
  public var keywords: [String]
  public var isCaseSensitive: Bool
  public var method: Method
  /// Largest Levenshtein distance of ``Method/fuzzy`` (also set by `fuzzy_match: true`).
  public var fuzzyThreshold: Int
  public var bm25Threshold: Double
  public var ngramThreshold: Double
  public var ngramArity: Int

  public init(
    name: String, op: Operator = .or, keywords: [String], isCaseSensitive: Bool = false, method: Method = .literal,
    fuzzyThreshold: Int = 2, bm25Threshold: Double = 0.1, ngramThreshold: Double = 0.4, ngramArity: Int = 3
  ) {
    self.name = name
    self.op = op
    self.keywords = keywords
    self.isCaseSensitive = isCaseSensitive
    self.method = method
    self.fuzzyThreshold = fuzzyThreshold
    self.bm25Threshold = bm25Threshold
    self.ngramThreshold = ngramThreshold
    self.ngramArity = ngramArity
  }
}

/// `domains[]`: a subject, as one or more of the 14 labels of ``DomainLabel``.
public struct DomainRule: Sendable, Equatable {
  public var name: String
  public var description: String
  /// Labels that mean this domain; when the document lists none, the loader puts the label equal to ``name``.
  public var labels: [DomainLabel]

  public init(name: String, description: String = "", labels: [DomainLabel]) {
    self.name = name
    self.description = description
    self.labels = labels
  }
}

/// The 14 subjects of MMLU-Pro, in alphabetical order; the raw value is the name used in documents and headers.
public enum DomainLabel: String, Sendable, CaseIterable {
  case biology, business, chemistry
  case computerScience = "computer science"
  case economics, engineering, health, history, law, math, other, philosophy, physics, psychology

  /// Position in ``allCases``: the index of this label in a vector of probabilities.
  public var index: Int { Self.allCases.firstIndex(of: self)! }
}

/// `language[]`: the prompt's language, by its ISO 639-1 code, which is also the rule's name.
public struct LanguageRule: Sendable, Equatable {
  public var name: String
  public var threshold: Double
  public init(name: String, threshold: Double = 0.3) {
    self.name = name
    self.threshold = threshold
  }
}

/// `context[]`: the request's size in tokens, both bounds inclusive.
public struct ContextRule: Sendable, Equatable {
  public var name: String
  public var minTokens: Int
  /// nil: no upper bound.
  public var maxTokens: Int?
  public init(name: String, minTokens: Int = 0, maxTokens: Int? = nil) {
    self.name = name
    self.minTokens = minTokens
    self.maxTokens = maxTokens
  }
}

/// `structure[]`: the shape of the prompt's text.
public struct StructureRule: Sendable, Equatable {
  public enum FeatureType: String, Sendable, CaseIterable { case exists, count, density, sequence }
  public enum Source: Sendable, Equatable {
    case regex(pattern: String)
    case keywordSet(keywords: [String], isCaseSensitive: Bool)
    case sequence(sequences: [[String]], isCaseSensitive: Bool)
    case textBytes
  }
  public var name: String
  public var feature: FeatureType
  public var source: Source
  public var predicate: NumericPredicate?
  public init(name: String, feature: FeatureType, source: Source, predicate: NumericPredicate? = nil) {
    self.name = name
    self.feature = feature
    self.source = source
    self.predicate = predicate
  }
}

/// `conversation[]`: facts of the request's envelope.
public struct ConversationRule: Sendable, Equatable {
  public enum FeatureType: String, Sendable, CaseIterable { case exists, count }
  public enum Source: Sendable, Equatable {
    /// Messages of a role (`user`, `assistant`, `system`, `developer`, `tool`, `non_user`), or all when nil.
    case message(role: String?)
    case toolDefinition, assistantToolCall, assistantToolCycle, activeToolLoop, imageContent
  }
  public var name: String
  public var feature: FeatureType
  public var source: Source
  public var predicate: NumericPredicate?
  public init(name: String, feature: FeatureType, source: Source, predicate: NumericPredicate? = nil) {
    self.name = name
    self.feature = feature
    self.source = source
    self.predicate = predicate
  }
}

/// `metadata[]`: a key of the body's `metadata` object.
public struct MetadataRule: Sendable, Equatable {
  public enum Predicate: Sendable, Equatable {
    case equals(String)
    case isIn([String])
    case exists(Bool)
  }
  public var name: String
  public var key: String
  public var predicate: Predicate
  public init(name: String, key: String, predicate: Predicate) {
    self.name = name
    self.key = key
    self.predicate = predicate
  }
}

/// `jailbreak[]`: an attempt to break the model's rules.
public struct JailbreakRule: Sendable, Equatable {
  /// How the risk is told: by the guard's labels, or by likeness to examples.
  public enum Method: String, Sendable, CaseIterable { case classifier, contrastive }
  public var name: String
  public var method: Method
  /// The risk that matches; nil: that of `prompt_guard`, or ``contrastiveThreshold``.
  public var threshold: Double?
  /// Whether earlier messages are read too: users' and assistants' texts and tools' results.
  public var includesHistory: Bool
  /// Attacks, for ``Method/contrastive``.
  public var attacks: [String]
  /// Harmless prompts, for ``Method/contrastive``.
  public var benign: [String]

  /// Likeness to attacks above that to harmless prompts that matches when a rule sets no threshold.
  public static let contrastiveThreshold = 0.1

  public init(
    name: String, method: Method = .classifier, threshold: Double? = nil, includesHistory: Bool = false,
    attacks: [String] = [], benign: [String] = []
  ) {
    self.name = name
    self.method = method
    self.threshold = threshold
    self.includesHistory = includesHistory
    self.attacks = attacks
    self.benign = benign
  }
}

/// `pii[]`: personal data of a type that is not allowed.
public struct PersonalDataRule: Sendable, Equatable {
  /// The types of the semantic router's token classifier.
  public static let types = [
    "AGE", "CREDIT_CARD", "DATE_TIME", "DOMAIN_NAME", "EMAIL_ADDRESS", "GPE", "IBAN_CODE", "IP_ADDRESS", "NRP",
    "ORGANIZATION", "PERSON", "PHONE_NUMBER", "STREET_ADDRESS", "TITLE", "US_DRIVER_LICENSE", "US_SSN", "ZIP_CODE",
  ]

  public var name: String
  /// The confidence from which a find counts; nil: that of `classifier.pii`.
  public var threshold: Double?
  /// Types that do not match, such as `EMAIL_ADDRESS`, in capitals.
  public var allowedTypes: [String]
  /// Whether earlier messages are read too.
  public var includesHistory: Bool

  public init(
    name: String, threshold: Double? = nil, allowedTypes: [String] = [], includesHistory: Bool = false
  ) {
    self.name = name
    self.threshold = threshold
    self.allowedTypes = allowedTypes
    self.includesHistory = includesHistory
  }
}

/// `embeddings[]`: likeness to example phrases.
public struct EmbeddingRule: Sendable, Equatable {
  /// How likeness to several phrases becomes one number.
  public enum Aggregation: String, Sendable, CaseIterable {
    case mean, max, any
  }
  public var name: String
  public var threshold: Double
  public var candidates: [String]
  public var aggregation: Aggregation

  public init(name: String, threshold: Double, candidates: [String], aggregation: Aggregation = .mean) {
    self.name = name
    self.threshold = threshold
    self.candidates = candidates
    self.aggregation = aggregation
  }
}
