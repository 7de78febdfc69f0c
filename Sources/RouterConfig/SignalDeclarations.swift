/// The `signals` block: the rules of each family that this build reads.
public struct SignalDeclarations: Sendable, Equatable {
  public var keywords: [KeywordRule]
  public var domains: [DomainRule]
  public var language: [LanguageRule]
  public var context: [ContextRule]
  public var structure: [StructureRule]
  public var conversation: [ConversationRule]
  public var metadata: [MetadataRule]

  public init(
    keywords: [KeywordRule] = [], domains: [DomainRule] = [], language: [LanguageRule] = [],
    context: [ContextRule] = [], structure: [StructureRule] = [], conversation: [ConversationRule] = [],
    metadata: [MetadataRule] = []
  ) {
    self.keywords = keywords
    self.domains = domains
    self.language = language
    self.context = context
    self.structure = structure
    self.conversation = conversation
    self.metadata = metadata
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
