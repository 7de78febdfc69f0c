/// Passing over the body of a JSON string: 64 plain bytes a step, one escape or one UTF-8 sequence at a time in
/// between.
///
/// "Plain" is ASCII that needs no look: neither a quote, nor a backslash, nor a control character. Seen as signed
/// bytes, control characters and everything outside ASCII are the values below 0x20, so one comparison finds both.
enum StringScan {
  typealias Lanes = SIMD16<Int8>

  /// All bits of a lane set where the byte is not plain.
  @inline(__always)
  private static func special(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> SIMD2<UInt64> {
    let lanes = bytes.loadUnaligned(fromByteOffset: index, as: Lanes.self)
    let mask =
      lanes .== Lanes(repeating: 0x22) .| (lanes .== Lanes(repeating: 0x5C))
      .| (lanes .< Lanes(repeating: 0x20))
    return unsafeBitCast(mask, to: SIMD2<UInt64>.self)
  }

  /// The index of the first byte at or after `index` that is not plain, or the number of bytes.
  @inline(__always)
  static func plainEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    let count = bytes.count
    while count - index >= 16 {
      let found = special(bytes, index)
      if found.x != 0 { return index + found.x.littleEndian.trailingZeroBitCount >> 3 }
      if found.y != 0 { return index + 8 + found.y.littleEndian.trailingZeroBitCount >> 3 }
      index += 16
      while count - index >= 64 {
        let found =
          special(bytes, index) | special(bytes, index + 16) | special(bytes, index + 32)
          | special(bytes, index + 48)
        if found.x | found.y != 0 { break }
        index += 64
      }
    }
    while index < count {
      let byte = bytes[index]
      if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { break }
      index += 1
    }
    return index
  }

  /// Passes the string whose opening quote is at `start`, checking every byte of it.
  @inline(__always)
  static func string(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> JSONExtent {
    let end = plainEnd(bytes, from: start + 1)
    if end < bytes.count, bytes[end] == 0x22 {
      return JSONExtent(kind: .string, range: start..<end + 1, unescapedLength: end - start - 1)
    }
    return try stringWithSpecials(bytes, at: start, from: end)
  }

  @inline(never)
  private static func stringWithSpecials(
    _ bytes: UnsafeRawBufferPointer, at start: Int, from special: Int
  ) throws(JSONError) -> JSONExtent {
    let count = bytes.count
    var index = special
    // Bytes that unescaping takes away.
    var shrinkage = 0
    while index < count {
      let byte = bytes[index]
      if byte == 0x5C {
        let escape = try escape(bytes, at: index)
        shrinkage += escape.length - escape.unescapedLength
        index += escape.length
      } else if byte >= 0x80 {
        repeat {
          let length = UTF8Sequence.length(bytes, at: index)
          guard length > 0 else { throw JSONError(offset: index, reason: .invalidUTF8) }
          index += length
        } while index < count && bytes[index] >= 0x80
      } else if byte == 0x22 {
        return JSONExtent(
          kind: .string, range: start..<index + 1, unescapedLength: index - start - 1 - shrinkage)
      } else {
        throw JSONError(offset: index, reason: .controlCharacter)
      }
      index = plainEnd(bytes, from: index)
    }
    throw JSONError(offset: count, reason: .unterminatedString)
  }

  /// One escape: its bytes in the text and what it stands for.
  struct Escape {
    var length: Int
    var scalar: UInt32

    @inline(__always)
    var unescapedLength: Int { scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4 }
  }

  /// Reads the escape whose backslash is at `index`. A pair of surrogates is one escape of 12 bytes; a lone surrogate
  /// stands for U+FFFD.
  @inline(__always)
  static func escape(_ bytes: UnsafeRawBufferPointer, at index: Int) throws(JSONError) -> Escape {
    guard index + 1 < bytes.count else {
      throw JSONError(offset: bytes.count, reason: .unterminatedString)
    }
    let letter = bytes[index + 1]
    let meaning = simpleEscape(letter)
    if meaning != 0 { return Escape(length: 2, scalar: UInt32(meaning)) }
    guard letter == UInt8(ascii: "u") else {
      throw JSONError(offset: index + 1, reason: .invalidEscape)
    }
    return try unicodeEscape(bytes, at: index)
  }

  /// The byte that a backslash and `letter` stand for; 0 if that is no escape of two bytes. A table and not a switch,
  /// because the letters of a text come in no order that a branch predictor could learn.
  @inline(__always)
  private static func simpleEscape(_ letter: UInt8) -> UInt8 {
    let index = Int(letter) - 0x22
    return index >= 0 && index < simpleEscapes.utf8CodeUnitCount
      ? simpleEscapes.utf8Start[index] : 0
  }

  /// From the letter `"` (0x22) to `t` (0x74).
  @inline(__always)
  private static var simpleEscapes: StaticString {
    """
    \"\0\0\0\0\0\0\0\0\0\0\0\0/\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\\\0\0\0\0\0\u{8}\0\0\0\u{c}\0\0\0\
    \0\0\0\0\n\0\0\0\r\0\t
    """
  }

  private static func unicodeEscape(_ bytes: UnsafeRawBufferPointer, at index: Int)
    throws(JSONError) -> Escape
  {
    let unit = try fourHexDigits(bytes, at: index + 2)
    guard unit & 0xF800 == 0xD800 else { return Escape(length: 6, scalar: unit) }
    guard unit < 0xDC00, index + 12 <= bytes.count, bytes[index + 6] == 0x5C,
      bytes[index + 7] == 0x75
    else {
      return Escape(length: 6, scalar: 0xFFFD)
    }
    let low = try fourHexDigits(bytes, at: index + 8)
    guard low & 0xFC00 == 0xDC00 else { return Escape(length: 6, scalar: 0xFFFD) }
    return Escape(length: 12, scalar: 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF))
  }

  @inline(__always)
  private static func fourHexDigits(_ bytes: UnsafeRawBufferPointer, at start: Int)
    throws(JSONError) -> UInt32
  {
    var value: UInt32 = 0
    for index in start..<start + 4 {
      guard index < bytes.count else {
        throw JSONError(offset: bytes.count, reason: .unterminatedString)
      }
      let byte = bytes[index]
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x37
      case 0x61...0x66: digit = byte - 0x57
      default: throw JSONError(offset: index, reason: .invalidEscape)
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
