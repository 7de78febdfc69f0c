/// The shape of a transformer encoder.
public struct EncoderConfiguration: Sendable, Equatable {
  public enum Architecture: String, Sendable {
    /// Learned positions, normalisation behind each block, biases.
    case bert
    /// Rotary positions, normalisation before each block, gated GELU, layers that attend near by.
    case modernBERT = "modernbert"
  }

  /// How a text's vector is made of its tokens'.
  public enum Pooling: String, Sendable {
    case mean
    /// The first token.
    case first = "cls"
  }

  public var architecture: Architecture
  public var vocabularySize: Int
  /// Floats a token.
  public var width: Int
  public var layers: Int
  public var heads: Int
  /// Floats a token inside of a feed-forward block.
  public var innerWidth: Int
  /// Tokens the model can read at once, special ones included.
  public var longestInput: Int
  public var epsilon: Float
  public var pooling: Pooling
  /// Whether vectors are scaled to length 1.
  public var normalizes: Bool
  /// ModernBERT: every so many layers, from the first on, attend to the whole text.
  public var globalEvery = 1
  /// ModernBERT: tokens a local layer sees on each side.
  public var localReach = 0
  public var globalRotation = Rotation(base: 10_000)
  public var localRotation = Rotation(base: 10_000)

  public var headWidth: Int { width / heads }

  /// Whether the layer attends to the whole text.
  func isGlobal(_ layer: Int) -> Bool { architecture == .bert || layer % globalEvery == 0 }
}
