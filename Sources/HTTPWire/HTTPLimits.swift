/// What a message may measure before it is refused. All sizes in bytes.
public struct HTTPLimits: Sendable, Equatable {
  /// Start line and header fields together, the closing empty line included.
  public var headBytes: Int
  public var fieldCount: Int
  /// One chunk-size line, extensions included.
  public var chunkLineBytes: Int
  public var trailerBytes: Int

  public init(headBytes: Int = 65_536, fieldCount: Int = 128, chunkLineBytes: Int = 256, trailerBytes: Int = 8_192) {
    self.headBytes = headBytes
    self.fieldCount = fieldCount
    self.chunkLineBytes = chunkLineBytes
    self.trailerBytes = trailerBytes
  }
}
