/// A JSON number that comes byte by byte, by the grammar of RFC 8259, section 6.
struct PartialNumber: Sendable {
  /// What a byte is to the number.
  enum Step {
    case taken
    /// It is the first one behind the number.
    case ended
    /// The number is wrong: this byte cannot stand here.
    case refused
  }

  private enum Place: UInt8 {
    case behindMinus
    case behindZero
    case inInteger
    case behindPoint
    case inFraction
    case behindExponentMark
    case behindExponentSign
    case inExponent
  }

  private var place = Place.behindMinus

  /// Starts with the number's first byte, a minus or a digit.
  mutating func start(_ first: UInt8) {
    place = first == UInt8(ascii: "-") ? .behindMinus : first == UInt8(ascii: "0") ? .behindZero : .inInteger
  }

  /// Digits are taken and change nothing.
  var takesDigits: Bool { place == .inInteger || place == .inFraction || place == .inExponent }

  mutating func read(_ byte: UInt8) -> Step {
    let isDigit = byte &- 0x30 < 10
    switch place {
    case .behindMinus:
      guard isDigit else { return .refused }
      place = byte == UInt8(ascii: "0") ? .behindZero : .inInteger
    case .behindZero:
      if isDigit { return .refused }
      return afterInteger(byte)
    case .inInteger:
      return isDigit ? .taken : afterInteger(byte)
    case .behindPoint:
      guard isDigit else { return .refused }
      place = .inFraction
    case .inFraction:
      return isDigit ? .taken : exponentMark(byte)
    case .behindExponentMark where byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"):
      place = .behindExponentSign
    case .behindExponentMark, .behindExponentSign:
      guard isDigit else { return .refused }
      place = .inExponent
    case .inExponent:
      return isDigit ? .taken : .ended
    }
    return .taken
  }

  private mutating func afterInteger(_ byte: UInt8) -> Step {
    guard byte == UInt8(ascii: ".") else { return exponentMark(byte) }
    place = .behindPoint
    return .taken
  }

  private mutating func exponentMark(_ byte: UInt8) -> Step {
    guard byte | 0x20 == UInt8(ascii: "e") else { return .ended }
    place = .behindExponentMark
    return .taken
  }
}
