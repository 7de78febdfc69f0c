/// How texts are read.
public struct EncodingOptions: Sendable, Equatable {
  /// Tokens read at once, special ones included; the model's own limit if that is lower.
  public var window: Int
  /// Tokens that neighbouring windows share.
  public var overlap: Int
  /// Windows of one text at most: with `window` what bounds the time a text may take.
  public var windowBudget: Int
  /// Tokens of a text that are looked at to place the windows; a text's rest is not read.
  public var tokenBudget: Int
  /// The layer, counted from 1, whose vectors are handed out a token; nil: none.
  public var capturedLayer: Int?

  public init(
    window: Int = 256, overlap: Int = 64, windowBudget: Int = 8, tokenBudget: Int = 65_536, capturedLayer: Int? = nil
  ) {
    self.window = window
    self.overlap = overlap
    self.windowBudget = windowBudget
    self.tokenBudget = tokenBudget
    self.capturedLayer = capturedLayer
  }
}
