/// Walks a chunked body (RFC 9112 §7.1) over bytes that arrive piecemeal.
///
/// The caller may keep the framing (a proxy that passes bytes on looks for the end alone) or only the data.
public struct ChunkedDecoder: Sendable, Equatable {
  public enum Event: Sendable, Equatable {
    /// Payload at these offsets.
    case data(Range<Int>)
    /// The chunk that ``data(_:)`` told of is over, its line end included; what follows is the next one.
    case chunkEnd
    /// Every byte given was consumed; the body goes on.
    case needMore
    /// The body, trailers included, ended before this offset.
    case end(Int)
  }

  private enum State: Sendable, Equatable {
    case size(value: Int, digits: Int, inExtension: Bool)
    case sizeLineFeed(value: Int)
    case data(remaining: Int)
    case dataReturn, dataLineFeed
    case trailerStart, trailerName, trailerValue, trailerLineFeed, finalLineFeed
    case ended
  }

  private var state: State = .size(value: 0, digits: 0, inExtension: false)
  private var lineBytes = 0
  private let limits: HTTPLimits

  public init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

  public var isEnded: Bool { state == .ended }

  /// Advances from `offset` to the next event.
  ///
  /// - Parameter offset: moved past what was consumed.
  public mutating func next(
    _ bytes: UnsafeRawBufferPointer, offset: inout Int
  ) throws(HTTPSyntaxError) -> Event {
    while offset < bytes.count {
      let byte = bytes[offset]
      switch state {
      case .size(let value, let digits, let inExtension):
        offset += 1
        lineBytes += 1
        if lineBytes > limits.chunkLineBytes { throw .badChunk }
        if byte == 0x0D {
          guard digits > 0 else { throw .badChunk }
          state = .sizeLineFeed(value: value)
        } else if inExtension {
          guard CharacterClass.isFieldValue(byte) else { throw .badChunk }
        } else if let digit = Self.hexDigit(byte) {
          guard digits < 15 else { throw .badChunk }
          state = .size(value: value << 4 | digit, digits: digits + 1, inExtension: false)
        } else if byte == 0x3B, digits > 0 {
          state = .size(value: value, digits: digits, inExtension: true)
        } else {
          throw .badChunk
        }
      case .sizeLineFeed(let value):
        guard byte == 0x0A else { throw .badChunk }
        offset += 1
        lineBytes = 0
        state = value == 0 ? .trailerStart : .data(remaining: value)
      case .data(let remaining):
        let count = min(remaining, bytes.count - offset)
        let range = offset..<(offset + count)
        offset += count
        state = count == remaining ? .dataReturn : .data(remaining: remaining - count)
        return .data(range)
      case .dataReturn:
        guard byte == 0x0D else { throw .badChunk }
        offset += 1
        state = .dataLineFeed
      case .dataLineFeed:
        guard byte == 0x0A else { throw .badChunk }
        offset += 1
        state = .size(value: 0, digits: 0, inExtension: false)
        return .chunkEnd
      case .trailerStart:
        offset += 1
        if byte == 0x0D {
          state = .finalLineFeed
        } else {
          guard CharacterClass.isToken(byte) else { throw .badChunk }
          try countTrailer()
          state = .trailerName
        }
      case .trailerName:
        offset += 1
        try countTrailer()
        if byte == 0x3A {
          state = .trailerValue
        } else {
          guard CharacterClass.isToken(byte) else { throw .badChunk }
        }
      case .trailerValue:
        offset += 1
        try countTrailer()
        if byte == 0x0D {
          state = .trailerLineFeed
        } else {
          guard CharacterClass.isFieldValue(byte) else { throw .badChunk }
        }
      case .trailerLineFeed:
        guard byte == 0x0A else { throw .badChunk }
        offset += 1
        state = .trailerStart
      case .finalLineFeed:
        guard byte == 0x0A else { throw .badChunk }
        offset += 1
        state = .ended
        return .end(offset)
      case .ended:
        return .end(offset)
      }
    }
    return state == .ended ? .end(offset) : .needMore
  }

  private mutating func countTrailer() throws(HTTPSyntaxError) {
    lineBytes += 1
    if lineBytes > limits.trailerBytes { throw .trailersTooLarge }
  }

  @inline(__always)
  private static func hexDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x61...0x66: Int(byte - 0x61) + 10
    case 0x41...0x46: Int(byte - 0x41) + 10
    default: nil
    }
  }
}
