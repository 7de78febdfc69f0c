/// Reading strings that a cursor has passed, and writing strings.
public enum JSONString {
  // MARK: Reading

  /// Whether the string, unescaped, is the given one. Allocates nothing.
  public static func equals(
    _ string: JSONExtent, _ other: StaticString, in bytes: UnsafeRawBufferPointer
  ) -> Bool {
    guard string.unescapedLength == other.utf8CodeUnitCount else { return false }
    return equals(
      string, UnsafeRawBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount),
      in: bytes)
  }

  /// Whether the string, unescaped, is the given UTF-8 text. Allocates nothing.
  public static func equals(
    _ string: JSONExtent, _ other: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer
  ) -> Bool {
    guard string.kind == .string, string.unescapedLength == other.count else { return false }
    if !string.hasEscapes { return isSame(bytes, string.range.lowerBound + 1, other) }
    var matches = true
    var offset = 0
    forEachByte(string, in: bytes) { byte in
      if matches, other[offset] != byte { matches = false }
      offset += 1
    }
    return matches
  }

  /// Whether all of `other` stands at `start`: eight bytes a step, the last of them such as overlap those before.
  @inline(__always)
  private static func isSame(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ other: UnsafeRawBufferPointer) -> Bool {
    let count = other.count
    precondition(start + count <= bytes.count)
    func differs<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as word: Word.Type) -> Bool {
      bytes.loadUnaligned(fromByteOffset: start + offset, as: word)
        != other.loadUnaligned(fromByteOffset: offset, as: word)
    }
    if count >= 8 {
      var offset = 0
      while offset + 8 < count {
        if differs(offset, as: UInt64.self) { return false }
        offset += 8
      }
      return !differs(count - 8, as: UInt64.self)
    }
    if count >= 4 { return !differs(0, as: UInt32.self) && !differs(count - 4, as: UInt32.self) }
    for offset in 0..<count where differs(offset, as: UInt8.self) { return false }
    return true
  }

  /// Writes the string, unescaped, to the start of a buffer; a string longer than the buffer is cut after the last
  /// whole character that fits.
  ///
  /// - Parameter string: a string that a cursor passed over in `bytes`.
  /// - Returns: the bytes written: `string.unescapedLength` unless it was cut.
  public static func unescape(
    _ string: JSONExtent, in bytes: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let contents = string.contents
    var read = contents.lowerBound
    var written = 0
    while read < contents.upperBound {
      let run = min(
        runEnd(bytes, from: read, to: contents.upperBound) - read, contents.upperBound - read)
      let room = output.count - written
      if run > room {
        return written
          + copy(
            bytes, read..<read + characterBoundary(bytes, from: read, atMost: room), output, written
          )
      }
      written += copy(bytes, read..<read + run, output, written)
      read += run
      guard read < contents.upperBound else { break }
      guard let escape = try? StringScan.escape(bytes, at: read) else {
        preconditionFailure("the extent is not that of a checked string")
      }
      guard escape.unescapedLength <= output.count - written else { return written }
      written += encode(escape.scalar, output, written)
      read += escape.length
    }
    return written
  }

  /// The string, unescaped, as UTF-8.
  ///
  /// - Parameter limit: the most bytes that are wanted; a longer string is cut after a whole character.
  public static func unescaped(
    _ string: JSONExtent, in bytes: UnsafeRawBufferPointer, limit: Int = .max
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: min(string.unescapedLength, limit)) { buffer, count in
      let room = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<min(string.unescapedLength, limit)])
      count = unescape(string, in: bytes, into: room)
    }
  }

  /// Appends the string, unescaped, as UTF-8.
  ///
  /// - Parameter string: a string that a cursor passed over in `bytes`.
  public static func appendUnescaped(
    _ string: JSONExtent, in bytes: UnsafeRawBufferPointer, to output: inout [UInt8]
  ) {
    if string.hasEscapes {
      output.append(contentsOf: unescaped(string, in: bytes))
    } else {
      output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[string.contents]))
    }
  }

  /// The string, unescaped. One allocation at most where it has no escapes.
  ///
  /// - Parameter string: a string that a cursor passed over in `bytes`.
  public static func text(_ string: JSONExtent, in bytes: UnsafeRawBufferPointer) -> String {
    if !string.hasEscapes {
      return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[string.contents]), as: UTF8.self)
    }
    return String(decoding: unescaped(string, in: bytes), as: UTF8.self)
  }

  /// Hands over the bytes of the string, unescaped, one by one.
  @inline(__always)
  static func forEachByte(
    _ string: JSONExtent, in bytes: UnsafeRawBufferPointer, _ body: (UInt8) -> Void
  ) {
    var index = string.contents.lowerBound
    while index < string.contents.upperBound {
      let byte = bytes[index]
      if byte != 0x5C {
        body(byte)
        index += 1
      } else {
        guard let escape = try? StringScan.escape(bytes, at: index),
          let scalar = Unicode.Scalar(escape.scalar)
        else {
          preconditionFailure("the extent is not that of a checked string")
        }
        for unit in UTF8.encode(scalar).unsafelyUnwrapped { body(unit) }
        index += escape.length
      }
    }
  }

  /// A 64-bit hash of the string, unescaped (FNV-1a). The same text has the same hash however it is escaped.
  public static func hash(_ string: JSONExtent, in bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    forEachByte(string, in: bytes) { byte in hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  // MARK: Writing

  /// Appends a text as a JSON string, with its quotes.
  public static func append(_ text: String, to output: inout [UInt8]) {
    text.lendUTF8 { append($0, to: &output) }
  }

  /// Appends UTF-8 as a JSON string, with its quotes; each byte that is part of no well-formed sequence becomes U+FFFD.
  public static func append(_ utf8: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.reserveCapacity(output.count + utf8.count + 2)
    output.append(0x22)
    appendContents(utf8, to: &output)
    output.append(0x22)
  }

  /// Appends what stands between the quotes of the JSON string for a text.
  public static func appendContents(_ text: String, to output: inout [UInt8]) {
    text.lendUTF8 { appendContents($0, to: &output) }
  }

  /// Appends what stands between the quotes of the JSON string for UTF-8; each byte that is part of no well-formed
  /// sequence becomes U+FFFD.
  public static func appendContents(_ utf8: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    var index = 0
    while index < utf8.count {
      let plain = StringScan.plainEnd(utf8, from: index)
      output.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[index..<plain]))
      index = plain
      guard index < utf8.count else { break }
      let byte = utf8[index]
      if byte >= 0x80 {
        let length = UTF8Sequence.length(utf8, at: index)
        if length == 0 {
          output.append(contentsOf: [0xEF, 0xBF, 0xBD])
          index += 1
        } else {
          output.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[index..<index + length]))
          index += length
        }
      } else {
        appendEscape(byte, to: &output)
        index += 1
      }
    }
  }

  private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(0x5C)
    switch byte {
    case 0x22, 0x5C: output.append(byte)
    case 0x08: output.append(UInt8(ascii: "b"))
    case 0x09: output.append(UInt8(ascii: "t"))
    case 0x0A: output.append(UInt8(ascii: "n"))
    case 0x0C: output.append(UInt8(ascii: "f"))
    case 0x0D: output.append(UInt8(ascii: "r"))
    default:
      let low = byte & 15
      output.append(contentsOf: [
        0x75, 0x30, 0x30, 0x30 + byte >> 4, low < 10 ? 0x30 + low : 0x57 + low,
      ])
    }
  }

  // MARK: Runs without escapes

  /// The index of the next backslash, or `end`.
  @inline(__always)
  private static func runEnd(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
    var index = start
    while end - index >= 16 {
      let lanes = bytes.loadUnaligned(fromByteOffset: index, as: StringScan.Lanes.self)
      let mask = lanes .== StringScan.Lanes(repeating: 0x5C)
      let found = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
      if found.x != 0 { return index + found.x.littleEndian.trailingZeroBitCount >> 3 }
      if found.y != 0 { return index + 8 + found.y.littleEndian.trailingZeroBitCount >> 3 }
      index += 16
    }
    while index < end, bytes[index] != 0x5C { index += 1 }
    return index
  }

  /// The most bytes of the text at `start`, up to `limit`, that end with a whole character.
  private static func characterBoundary(
    _ bytes: UnsafeRawBufferPointer, from start: Int, atMost limit: Int
  ) -> Int {
    var length = limit
    while length > 0, bytes[start + length] & 0xC0 == 0x80 { length -= 1 }
    return length
  }

  @inline(__always)
  private static func copy(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ output: UnsafeMutableRawBufferPointer,
    _ offset: Int
  ) -> Int {
    guard !range.isEmpty else { return 0 }
    UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + range.count])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
    return range.count
  }

  @inline(__always)
  private static func encode(
    _ scalar: UInt32, _ output: UnsafeMutableRawBufferPointer, _ offset: Int
  ) -> Int {
    if scalar < 0x80 {
      output[offset] = UInt8(truncatingIfNeeded: scalar)
      return 1
    }
    if scalar < 0x800 {
      output[offset] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
      output[offset + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
      return 2
    }
    if scalar < 0x10000 {
      output[offset] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
      output[offset + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
      output[offset + 2] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
      return 3
    }
    output[offset] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
    output[offset + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F)
    output[offset + 2] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
    output[offset + 3] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
    return 4
  }
}
