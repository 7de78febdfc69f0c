/// Kinds of ASCII bytes, as the guard's normaliser tells them apart.
enum GuardBytes {
  @inline(__always)
  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  @inline(__always)
  static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always)
  static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }

  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 }

  /// `@`, `$` and `!`, which stand for letters in disguised words.
  @inline(__always)
  static func isSign(_ byte: UInt8) -> Bool { byte == 0x40 || byte == 0x24 || byte == 0x21 }

  @inline(__always)
  static func isPrintable(_ byte: UInt8) -> Bool { byte &- 0x20 < 0x5F || byte == 9 || byte == 10 || byte == 13 }

  /// The value of a hexadecimal digit; nil for any other byte.
  @inline(__always)
  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte - 0x30 }
    let lower = byte | 0x20
    return lower &- 0x61 < 6 ? lower - 0x57 : nil
  }

  /// The six bits of a base64 or base64url digit; nil for any other byte.
  @inline(__always)
  static func base64(_ byte: UInt8) -> UInt8? {
    if isUpper(byte) { return byte - 0x41 }
    if isLetter(byte) { return byte - 0x47 }
    if isDigit(byte) { return byte + 4 }
    if byte == 0x2B || byte == 0x2D { return 62 }
    return byte == 0x2F || byte == 0x5F ? 63 : nil
  }

  /// No control character.
  @inline(__always)
  static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 9 || byte == 10 || byte == 13 }

  /// Whether decoded bytes are a text and not chance: no control characters, three quarters of them ASCII letters and
  /// spaces, an eighth at most beyond ASCII.
  static func isReadable(_ bytes: some Collection<UInt8>) -> Bool {
    var telling = 0
    var beyond = 0
    for byte in bytes {
      guard isText(byte) else { return false }
      if isLetter(byte) || byte == 0x20 { telling += 1 }
      if byte >= 0x80 { beyond += 1 }
    }
    return 4 * telling >= 3 * bytes.count && 8 * beyond <= bytes.count
  }
}
