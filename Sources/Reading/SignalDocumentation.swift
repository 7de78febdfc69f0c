/// What users are told about a signal family: the source of the signal reference.
public struct SignalDocumentation: Sendable, Equatable {
  /// A key of a rule.
  public struct Field: Sendable, Equatable {
    public var name: String
    /// The values it takes, in words.
    public var type: String
    /// nil: the key is required.
    public var defaultValue: String?
    public var meaning: String

    init(_ name: String, _ type: String, default defaultValue: String?, _ meaning: String) {
      self.name = name
      self.type = type
      self.defaultValue = defaultValue
      self.meaning = meaning
    }
  }

  /// One sentence: what a rule of this family says.
  public var summary: String
  /// How it is computed, a paragraph an entry.
  public var computation: [String]
  public var fields: [Field]
  /// What a match's confidence is.
  public var confidence: String
  /// The number that predicates compare; nil when the family has none.
  public var value: String?
  /// What reading it costs, in words with a figure.
  public var cost: String
}
