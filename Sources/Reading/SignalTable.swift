import Signals

/// Every signal family of this build: the one place that lists them.
public enum SignalTable {
  /// A row of the table.
  public struct Entry: Sendable {
    public var family: SignalFamily
    public var documentation: SignalDocumentation
    let rules: any SignalRules.Type

    public var documentKey: String { family.documentKey }
    public var ruleType: String { family.ruleType }

    init(_ rules: any SignalRules.Type) {
      family = rules.family
      documentation = rules.documentation
      self.rules = rules
    }
  }

  /// Cheapest first, as ``SignalFamily`` orders them.
  public static let entries: [Entry] = [
    Entry(MetadataSignal.self),
    Entry(ConversationSignal.self),
    Entry(ContextSignal.self),
    Entry(KeywordSignal.self),
    Entry(StructureSignal.self),
    Entry(LanguageSignal.self),
    Entry(DomainSignal.self),
    Entry(JailbreakSignal.self),
    Entry(PersonalDataSignal.self),
    Entry(EmbeddingSignal.self),
  ]
}
