/// The character classes of RFC 9110 §5.6.2 and §5.5.
enum CharacterClass {
  /// The characters of a token, a bit each: the first 64 of ASCII and the others. Literals, since a table that is
  /// set up at its first use is asked each time whether it is.
  private static var lowTokens: UInt64 { 0x03FF_6CFA_0000_0000 }
  private static var highTokens: UInt64 { 0x57FF_FFFF_C7FF_FFFE }

  @inline(__always) static func isToken(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? lowTokens : highTokens) >> UInt64(byte & 63) & 1 == 1
  }
  @inline(__always) static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7F : byte == 0x09 }
  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
