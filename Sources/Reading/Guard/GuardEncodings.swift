/// Encodings that text is hidden in: base64, hexadecimal digits and escapes.
enum GuardEncodings {
  /// What base64 digits say.
  enum Base64 {
    case text([UInt8])
    /// Bytes that are no text, as the first nine show.
    case binary
    /// All were decoded.
    case unreadable
  }

  static func base64(_ run: UnsafeRawBufferPointer) -> Base64 {
    var piece: [UInt8] = []
    var index = 0
    while index + 1 < run.count {
      let count = min(4, run.count - index)
      var bits: UInt32 = 0
      for offset in 0..<4 {
        bits = bits << 6 | (offset < count ? UInt32(GuardBytes.base64(run[index + offset]) ?? 0) : 0)
      }
      for offset in 0..<(count - 1) { piece.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * offset))) }
      // Most runs are names and paths, which show within nine bytes.
      if index == 8, !piece.allSatisfy(GuardBytes.isText) { return .binary }
      index += 4
    }
    return GuardBytes.isReadable(piece) ? .text(piece) : .unreadable
  }

  /// Pairs of hexadecimal digits from `start` on, bare or behind `0x` or `\x`, with a space, a comma or nothing between.
  ///
  /// - Returns: the bytes they stand for, at most ``GuardNormalizer/decodedLimit``, and where they end.
  static func hexadecimalPairs(_ text: UnsafeRawBufferPointer, from start: Int) -> (bytes: [UInt8], end: Int) {
    var bytes: [UInt8] = []
    var index = start
    var end = start
    while index + 1 < text.count {
      if index + 3 < text.count, text[index] == 0x30 || text[index] == 0x5C, text[index + 1] == 0x78,
        GuardBytes.hexadecimal(text[index + 2]) != nil
      {
        index += 2
      }
      guard let high = GuardBytes.hexadecimal(text[index]), let low = GuardBytes.hexadecimal(text[index + 1])
      else { break }
      bytes.append(high << 4 | low)
      index += 2
      end = index
      if index < text.count, text[index] == 0x20 || text[index] == 0x2C { index += 1 }
    }
    return (bytes, end)
  }

  /// A chunk with its percent escapes, numeric character references and `\u` escapes undone; nil with fewer than three.
  static func unescaped(_ chunk: UnsafeRawBufferPointer) -> [UInt8]? {
    var bytes: [UInt8] = []
    var index = 0
    var count = 0
    while index < chunk.count {
      let byte = chunk[index]
      let escape: (value: UInt32, end: Int)? =
        switch byte {
        case 0x25: percent(chunk, index)
        case 0x26: reference(chunk, index)
        case 0x5C: unicode(chunk, index)
        default: nil
        }
      if let escape, escape.value < 0x80, GuardBytes.isPrintable(UInt8(escape.value)) {
        bytes.append(UInt8(escape.value))
        count += 1
        index = escape.end
      } else {
        bytes.append(byte == 0x2B ? 0x20 : byte)
        index += 1
      }
    }
    return count >= 3 ? bytes : nil
  }

  private static func percent(_ chunk: UnsafeRawBufferPointer, _ index: Int) -> (value: UInt32, end: Int)? {
    guard index + 2 < chunk.count, let high = GuardBytes.hexadecimal(chunk[index + 1]),
      let low = GuardBytes.hexadecimal(chunk[index + 2])
    else { return nil }
    return (UInt32(high << 4 | low), index + 3)
  }

  /// `&#105;` or `&#x69;`.
  private static func reference(_ chunk: UnsafeRawBufferPointer, _ index: Int) -> (value: UInt32, end: Int)? {
    guard index + 3 < chunk.count, chunk[index + 1] == 0x23 else { return nil }
    let isHexadecimal = chunk[index + 2] | 0x20 == 0x78
    let base: UInt32 = isHexadecimal ? 16 : 10
    let start = isHexadecimal ? index + 3 : index + 2
    var end = start
    var value: UInt32 = 0
    while end < chunk.count, end - start < 6, let digit = GuardBytes.hexadecimal(chunk[end]), digit < base {
      value = value * base + UInt32(digit)
      end += 1
    }
    guard end > start, end < chunk.count, chunk[end] == 0x3B else { return nil }
    return (value, end + 1)
  }

  /// `\u0069`.
  private static func unicode(_ chunk: UnsafeRawBufferPointer, _ index: Int) -> (value: UInt32, end: Int)? {
    guard index + 5 < chunk.count, chunk[index + 1] | 0x20 == 0x75 else { return nil }
    var value: UInt32 = 0
    for offset in 2..<6 {
      guard let digit = GuardBytes.hexadecimal(chunk[index + offset]) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return (value, index + 6)
  }
}
