/// The tokens of a text, in order, without special ones, and where in the text each stands.
public struct TokenizedText: Sendable, Equatable {
  /// Indices into the vocabulary.
  public var ids: [UInt32] = []
  /// The byte of the text at which each token starts.
  public var starts: [UInt32] = []
  /// The byte of the text past each token. Tokens that share a character of the text share its range.
  public var ends: [UInt32] = []
  /// Bytes of the text that were read: all of them unless a limit of tokens was reached.
  public var bytesRead = 0

  public init() {}

  public var count: Int { ids.count }

  mutating func append(_ id: UInt32, _ start: Int, _ end: Int) {
    ids.append(id)
    starts.append(UInt32(truncatingIfNeeded: start))
    ends.append(UInt32(truncatingIfNeeded: end))
  }
}
