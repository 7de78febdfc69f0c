/// A stretch of a text that is taken for personal data.
public struct PersonalDataSpan: Sendable, Equatable {
  public let type: PersonalDataType
  /// Bytes of the text; both ends stand at the edges of characters if the text is UTF-8.
  public let range: Range<Int>
  /// How sure it is, 0…1. `docs/models.md` says how often spans over a threshold are right.
  public let confidence: Double

  public init(type: PersonalDataType, range: Range<Int>, confidence: Double) {
    self.type = type
    self.range = range
    self.confidence = confidence
  }
}
