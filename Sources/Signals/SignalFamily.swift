/// The kinds of signal that this build reads, cheapest first: the order in which a router asks for them.
public enum SignalFamily: UInt8, Sendable, CaseIterable, Comparable {
  case metadata, conversation, context, keyword, structure, language, domain, jailbreak, pii, embedding

  /// The `type` of a rule leaf, as in `{type: domain, name: math}`.
  public var ruleType: String {
    switch self {
    case .metadata: "metadata"
    case .conversation: "conversation"
    case .context: "context"
    case .keyword: "keyword"
    case .structure: "structure"
    case .language: "language"
    case .domain: "domain"
    case .jailbreak: "jailbreak"
    case .pii: "pii"
    case .embedding: "embedding"
    }
  }

  /// The key under `routing.signals`, which is also the family's name in the evaluation API and in the
  /// `x-vsr-matched-…` headers.
  public var documentKey: String {
    switch self {
    case .keyword: "keywords"
    case .domain: "domains"
    case .embedding: "embeddings"
    default: ruleType
    }
  }

  /// Whether readings depend on the evaluation text alone, so that the same text always reads the same; rules of
  /// `jailbreak` and `pii` that ask for the conversation's history excepted.
  public var dependsOnTextOnly: Bool {
    switch self {
    case .keyword, .structure, .language, .domain, .jailbreak, .pii, .embedding: true
    case .metadata, .conversation, .context: false
    }
  }

  public init?(ruleType: String) {
    guard let family = Self.allCases.first(where: { $0.ruleType == ruleType }) else { return nil }
    self = family
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
