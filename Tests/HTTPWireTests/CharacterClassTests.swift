import Testing

@testable import HTTPWire

@Suite("Character classes of HTTP") struct CharacterClassTests {
  @Test("a token's characters are those of RFC 9110 §5.6.2 and no others")
  func tokens() {
    let token = Set(
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max { #expect(CharacterClass.isToken(byte) == token.contains(byte), "\(byte)") }
  }

  @Test("a value holds no control character but the tab")
  func values() {
    for byte in UInt8.min...UInt8.max {
      #expect(CharacterClass.isFieldValue(byte) == (byte == 9 || (byte >= 0x20 && byte != 0x7F)), "\(byte)")
    }
  }
}
