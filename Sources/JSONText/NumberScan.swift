/// Passing over a JSON number by the grammar of RFC 8259, section 6.
enum NumberScan {
  /// The index past the number that starts at `start`.
  @inline(__always)
  static func end(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
    var index = start
    if byte(bytes, index) == UInt8(ascii: "-") { index += 1 }
    let first = byte(bytes, index)
    guard isDigit(first) else { throw failure(bytes, index) }
    index += 1
    if first != UInt8(ascii: "0") {
      while isDigit(byte(bytes, index)) { index += 1 }
    } else if isDigit(byte(bytes, index)) {
      throw failure(bytes, index)
    }
    if byte(bytes, index) == UInt8(ascii: ".") {
      index = try digits(bytes, from: index + 1)
    }
    if byte(bytes, index) | 0x20 == UInt8(ascii: "e") {
      index += 1
      let sign = byte(bytes, index)
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
      index = try digits(bytes, from: index)
    }
    return index
  }

  /// Passes one or more digits.
  @inline(__always)
  private static func digits(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError)
    -> Int
  {
    guard isDigit(byte(bytes, start)) else { throw failure(bytes, start) }
    var index = start + 1
    while isDigit(byte(bytes, index)) { index += 1 }
    return index
  }

  private static func failure(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> JSONError {
    JSONError(offset: index, reason: index < bytes.count ? .invalidNumber : .unexpectedEnd)
  }

  /// The byte at `index`, or 0, which is no byte of a number, past the end.
  @inline(__always)
  private static func byte(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt8 {
    index < bytes.count ? bytes[index] : 0
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}
