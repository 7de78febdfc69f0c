/// The characters that byte-level vocabularies write bytes in: printable Latin-1 as itself, every other byte as the
/// next character from U+0100 on (GPT-2's table).
enum ByteCharacters {
  private static let bytes: [UInt32: UInt8] = {
    var table: [UInt32: UInt8] = [:]
    var next: UInt32 = 256
    for byte in UInt8.min...UInt8.max {
      switch byte {
      case 33...126, 161...172, 174...255: table[UInt32(byte)] = byte
      default:
        table[next] = byte
        next += 1
      }
    }
    return table
  }()

  /// The bytes that a piece stands for; nil if it has another character (special tokens do).
  static func bytes(of piece: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in String(decoding: piece, as: UTF8.self).unicodeScalars {
      guard let byte = bytes[scalar.value] else { return nil }
      result.append(byte)
    }
    return result
  }
}
