/// The character classes of RFC 9110 §5.6.2 and §5.5, by table.
enum CharacterClass {
  private static let token: UInt8 = 1
  private static let value: UInt8 = 2

  private static let table: InlineArray<256, UInt8> = {
    var table = InlineArray<256, UInt8>(repeating: 0)
    for byte in 0x20...0xFF where byte != 0x7F { table[byte] |= value }
    table[0x09] |= value
    for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { table[Int(byte)] |= token }
    for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { table[Int(byte)] |= token }
    for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { table[Int(byte)] |= token }
    for byte in "!#$%&'*+-.^_`|~".utf8 { table[Int(byte)] |= token }
    return table
  }()

  @inline(__always) static func isToken(_ byte: UInt8) -> Bool { table[Int(byte)] & token != 0 }
  @inline(__always) static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7F : byte == 0x09 }
  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
