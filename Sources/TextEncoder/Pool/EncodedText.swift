/// What one reading of a text gave.
public struct EncodedText: Sendable, Equatable {
  /// The text's vector: over several windows, that of all their tokens together.
  public var embedding: [Float] = []
  /// The text's tokens, without special ones, up to the budget of tokens.
  public var tokens = TokenizedText()
  /// The stretches of ``tokens`` that were read, in rising order.
  public var windows: [Range<Int>] = []
  /// The vector of each of ``windows``, made as ``embedding`` is.
  public var windowEmbeddings: [[Float]] = []
  /// The windows that were to be read: more than ``windows`` where the time was over before the last of them.
  public var plannedWindows = 0
  /// The tokens that rows of ``captured`` and of a token head's ``probabilities`` belong to, in rising order: all, but
  /// for gaps between windows. A token in two windows is taken from the one in whose middle it is nearer.
  public var ownTokens: [Int] = []
  /// The captured layer's vectors of ``ownTokens``, one behind the other; empty if no layer was captured.
  public var captured: [Float] = []
  /// The head's probabilities: of a head of texts a row a window, of one of tokens a row for each of ``ownTokens``; none
  /// without a head.
  public var probabilities: [[Float]] = []

  public init() {}

  /// Whether the time was over before all of the plan was read.
  public var isCutShort: Bool { windows.count < plannedWindows }
  /// Fewer than half of the windows that were planned have been read.
  public var isMostlyUnread: Bool { 2 * windows.count < plannedWindows }

  /// Whether every token was read.
  public var isWhole: Bool {
    var end = 0
    for window in windows {
      if window.lowerBound > end { return false }
      end = max(end, window.upperBound)
    }
    return end == tokens.count
  }
}
