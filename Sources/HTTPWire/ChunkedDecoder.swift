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
    /// The last chunk is over before this offset; the trailer section follows, if only by its empty line.
    case lastChunk(Int)
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
  /// The field lines of the trailer section, as far as they have come, each with its CRLF; at most
  /// ``HTTPLimits/trailerBytes`` and a line feed each.
  public private(set) var trailers: [UInt8] = []

  public init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

  public var isEnded: Bool { state == .ended }

  /// Bytes of payload that the chunk which has begun still has to come.
  public var announced: Int {
    switch state {
    case .sizeLineFeed(let value): value
    case .data(let remaining): remaining
    default: 0
    }
  }

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
        if !inExtension, Self.hexDigit(byte) != nil {
          try readDigits(bytes, &offset, value, digits)
          continue
        }
        offset += 1
        try countLineByte()
        if byte == 0x0D {
          guard digits > 0 else { throw .badChunk }
          state = .sizeLineFeed(value: value)
        } else if inExtension {
          guard CharacterClass.isFieldValue(byte) else { throw .badChunk }
        } else if byte == 0x3B, digits > 0 {
          state = .size(value: value, digits: digits, inExtension: true)
        } else {
          throw .badChunk
        }
      case .sizeLineFeed(let value):
        guard byte == 0x0A else { throw .badChunk }
        offset += 1
        lineBytes = 0
        guard value == 0 else {
          state = .data(remaining: value)
          continue
        }
        state = .trailerStart
        return .lastChunk(offset)
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
        guard offset < bytes.count, bytes[offset] == 0x0A else { continue }
        offset += 1
        state = .size(value: 0, digits: 0, inExtension: false)
        return .chunkEnd
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
          try keepTrailer(byte)
          state = .trailerName
        }
      case .trailerName:
        offset += 1
        try keepTrailer(byte)
        if byte == 0x3A {
          state = .trailerValue
        } else {
          guard CharacterClass.isToken(byte) else { throw .badChunk }
        }
      case .trailerValue:
        offset += 1
        try keepTrailer(byte)
        if byte == 0x0D {
          state = .trailerLineFeed
        } else {
          guard CharacterClass.isFieldValue(byte) else { throw .badChunk }
        }
      case .trailerLineFeed:
        guard byte == 0x0A else { throw .badChunk }
        offset += 1
        trailers.append(byte)
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

  /// Reads the digits of a size that are there.
  private mutating func readDigits(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ value: Int, _ digits: Int
  ) throws(HTTPSyntaxError) {
    var (value, digits) = (value, digits)
    while offset < bytes.count, let digit = Self.hexDigit(bytes[offset]) {
      offset += 1
      try countLineByte()
      guard digits < 15 else { throw .badChunk }
      value = value << 4 | digit
      digits += 1
    }
    state = .size(value: value, digits: digits, inExtension: false)
  }

  private mutating func countLineByte() throws(HTTPSyntaxError) {
    lineBytes += 1
    if lineBytes > limits.chunkLineBytes { throw .badChunk }
  }

  private mutating func keepTrailer(_ byte: UInt8) throws(HTTPSyntaxError) {
    lineBytes += 1
    if lineBytes > limits.trailerBytes { throw .trailersTooLarge }
    trailers.append(byte)
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
