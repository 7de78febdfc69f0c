/// Reads the value of a header such as `multipart/form-data; boundary="x"`: what stands before the first semicolon, then
/// its parameters in order.
///
/// A parameter is `name=value` or `name="value"`, in which a backslash quotes the character behind it (RFC 9110, section
/// 5.6.6). White space may stand around semicolons, not around the equals sign; empty parameters are passed over. Borrows
/// the bytes: must not outlive the closure that lent them.
struct HeaderParameters {
  /// A parameter is not of that form.
  struct Malformed: Error {}

  /// Where a parameter stands. The value is without its quotes, but not unquoted.
  struct Parameter {
    fileprivate var name: Range<Int>
    fileprivate var value: Range<Int>
    fileprivate var isQuoted: Bool
  }

  private let bytes: UnsafeRawBufferPointer
  private let mainValue: Range<Int>
  /// Always at the end or at a semicolon.
  private var index: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    let end = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.count
    var start = 0
    while start < end, Self.isSpace(bytes[start]) { start += 1 }
    var last = end
    while last > start, Self.isSpace(bytes[last - 1]) { last -= 1 }
    mainValue = start..<last
    index = end
  }

  /// Whether what stands before the first semicolon is the given word, in lower case, without regard to case.
  func valueEquals(_ word: StaticString) -> Bool { equals(mainValue, word) }

  /// The next parameter; nil behind the last one.
  mutating func next() throws(Malformed) -> Parameter? {
    while index < bytes.count, bytes[index] == UInt8(ascii: ";") || Self.isSpace(bytes[index]) { index += 1 }
    guard index < bytes.count else { return nil }
    let nameStart = index
    while index < bytes.count, Self.isToken(bytes[index]) { index += 1 }
    guard index > nameStart, index < bytes.count, bytes[index] == UInt8(ascii: "=") else { throw Malformed() }
    let name = nameStart..<index
    index += 1
    let isQuoted = index < bytes.count && bytes[index] == UInt8(ascii: "\"")
    let value = isQuoted ? try quoted() : try unquoted()
    while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
    guard index == bytes.count || bytes[index] == UInt8(ascii: ";") else { throw Malformed() }
    return Parameter(name: name, value: value, isQuoted: isQuoted)
  }

  /// Whether the parameter has that name, in lower case, without regard to case.
  func name(of parameter: Parameter, equals word: StaticString) -> Bool { equals(parameter.name, word) }

  /// The value of the parameter, unquoted.
  func value(of parameter: Parameter) -> [UInt8] {
    guard parameter.isQuoted else { return Array(bytes[parameter.value]) }
    var result: [UInt8] = []
    result.reserveCapacity(parameter.value.count)
    var isEscaped = false
    for byte in bytes[parameter.value] {
      if byte == 0x5C, !isEscaped {
        isEscaped = true
      } else {
        isEscaped = false
        result.append(byte)
      }
    }
    return result
  }

  /// Passes a quoted string; its closing quote must be there.
  private mutating func quoted() throws(Malformed) -> Range<Int> {
    index += 1
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return start..<index - 1
      }
      if byte == 0x5C { index += 1 }
      guard index < bytes.count, Self.isText(bytes[index]) else { throw Malformed() }
      index += 1
    }
    throw Malformed()
  }

  private mutating func unquoted() throws(Malformed) -> Range<Int> {
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: ";"), !Self.isSpace(bytes[index]) {
      guard Self.isText(bytes[index]), bytes[index] != UInt8(ascii: "\"") else { throw Malformed() }
      index += 1
    }
    return start..<index
  }

  private func equals(_ range: Range<Int>, _ word: StaticString) -> Bool {
    ASCIIWord.equals(UnsafeRawBufferPointer(rebasing: bytes[range]), word)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// No control character.
  private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

  /// `tchar` of RFC 9110, section 5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A: true
    case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
