/// Unicode scalars that hide ASCII letters, or hide between them.
enum GuardLetters {
  /// The scalar at an index and its length: UTF-8 of two to four bytes; nil for bytes that are none.
  @inline(__always)
  static func scalar(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> (value: UInt32, length: Int)? {
    let lead = bytes[index]
    let count = bytes.count
    @inline(__always)
    func trail(_ offset: Int) -> UInt32? {
      guard index + offset < count else { return nil }
      let byte = bytes[index + offset]
      return byte & 0xC0 == 0x80 ? UInt32(byte & 0x3F) : nil
    }
    switch lead {
    case 0xC2...0xDF:
      guard let a = trail(1) else { return nil }
      return (UInt32(lead & 0x1F) << 6 | a, 2)
    case 0xE0...0xEF:
      guard let a = trail(1), let b = trail(2) else { return nil }
      return (UInt32(lead & 0x0F) << 12 | a << 6 | b, 3)
    case 0xF0...0xF4:
      guard let a = trail(1), let b = trail(2), let c = trail(3) else { return nil }
      return (UInt32(lead & 7) << 18 | a << 12 | b << 6 | c, 4)
    default: return nil
    }
  }

  /// Zero-width, bidirectional and filling characters, and variation selectors.
  static func isInvisible(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0xAD, 0x34F, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F,
      0xFE00...0xFE0F, 0xE0100...0xE01EF:
      true
    default: false
    }
  }

  /// Combining marks that are put on Latin letters.
  static func isMark(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x300...0x36F, 0x1AB0...0x1AFF, 0x20D0...0x20FF: true
    default: false
    }
  }

  /// Tag characters, an invisible copy of ASCII.
  static func isTag(_ scalar: UInt32) -> Bool { scalar == 0xE0001 || 0xE0020...0xE007F ~= scalar }

  /// The ASCII letter or digit of a full-width, mathematical or enclosed one; nil for any other scalar.
  static func styled(_ scalar: UInt32) -> UInt8? {
    func letter(_ place: UInt32) -> UInt8 { UInt8(place < 26 ? 65 + place : 71 + place) }
    switch scalar {
    case 0xFF10...0xFF19, 0xFF21...0xFF3A, 0xFF41...0xFF5A: return UInt8(scalar - 0xFEE0)
    case 0x1D400...0x1D6A3: return letter((scalar - 0x1D400) % 52)
    case 0x1D7CE...0x1D7FF: return UInt8(48 + (scalar - 0x1D7CE) % 10)
    case 0x24B6...0x24E9: return letter(scalar - 0x24B6)
    case 0x1F130...0x1F149: return UInt8(65 + scalar - 0x1F130)
    case 0x1F150...0x1F169: return UInt8(65 + scalar - 0x1F150)
    case 0x1F170...0x1F189: return UInt8(65 + scalar - 0x1F170)
    case 0x2102...0x2134: return letterlike[scalar]
    default: return nil
    }
  }

  /// The ASCII letter that a letter of another script looks like; nil for any other scalar.
  static func lookAlike(_ scalar: UInt32) -> UInt8? { lookAlikes[scalar] }

  /// Letters of the mathematical alphabets that stand outside their block.
  private static let letterlike: [UInt32: UInt8] = table(
    "ℂℊℋℌℍℎℐℑℒℓℕℙℚℛℜℝℤℨℬℭℯℰℱℳℴ", "CgHHHhIILlNPQRRRZZBCeEFMo")

  private static let lookAlikes: [UInt32: UInt8] = table(
    "аеорсухіѕјԁһԛԝкмтӏёїгпАВЕКМНОРСТУХІЅЈӀαορνυικτεχγηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոցıɑɡᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "aeopcyxisjdhqwkmtleirnABEKMHOPCTYXISJlaopvuiktexynwABEZHIKMNOPTYXouhngiagabcdefghijklmnoprstuvwyz")

  private static func table(_ shapes: String, _ letters: String) -> [UInt32: UInt8] {
    Dictionary(uniqueKeysWithValues: zip(shapes.unicodeScalars.map(\.value), letters.utf8))
  }
}
