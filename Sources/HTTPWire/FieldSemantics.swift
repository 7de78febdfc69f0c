/// What the fields of one head say about framing and the connection, gathered as they are parsed.
struct FieldSemantics {
  var hosts = 0
  var contentLength: Int?
  var hasTransferEncoding = false
  /// The transfer codings are exactly `chunked`.
  var isChunked = false
  var saysClose = false
  var saysKeepAlive = false
  var expectsContinue = false

  mutating func note(_ name: FieldName, _ value: UnsafeRawBufferPointer) throws(HTTPSyntaxError) {
    switch name {
    case .host:
      hosts += 1
      guard Self.isHost(value) else { throw .badHost }
    case .contentLength:
      let length = try Self.number(value)
      if let contentLength, contentLength != length { throw .conflictingContentLengths }
      contentLength = length
    case .transferEncoding:
      isChunked = !hasTransferEncoding && FieldName.equals(value, "chunked")
      hasTransferEncoding = true
    case .connection:
      Self.forEachToken(value) { token in
        if FieldName.equals(token, "close") { saysClose = true }
        if FieldName.equals(token, "keep-alive") { saysKeepAlive = true }
      }
    case .expect: expectsContinue = FieldName.equals(value, "100-continue")
    default: break
    }
  }

  /// `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2), which may be empty.
  static func isHost(_ value: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    if let first = value.first, first == 0x5B {
      index = 1
      while index < value.count, isAddressByte(value[index]) { index += 1 }
      guard index > 1, index < value.count, value[index] == 0x5D else { return false }
      index += 1
    } else {
      while index < value.count, isNameByte(value[index]) { index += 1 }
    }
    guard index < value.count else { return true }
    guard value[index] == 0x3A else { return false }
    return value[(index + 1)...].allSatisfy { CharacterClass.isDigit($0) }
  }

  /// Hexadecimal digits, colon and dot: an IPv6 address; letters and more stand in zones and future forms.
  private static func isAddressByte(_ byte: UInt8) -> Bool { byte == 0x3A || isNameByte(byte) }

  /// unreserved, percent-encoded and sub-delims.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x2D, 0x2E, 0x5F, 0x7E, 0x25, 0x21, 0x24, 0x26...0x2C, 0x3B, 0x3D: true
    default: false
    }
  }

  /// 1*DIGIT that fits 62 bits; a list of equal numbers is refused too.
  private static func number(_ value: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> Int {
    guard !value.isEmpty, value.count <= 18 else { throw .badContentLength }
    var number = 0
    for byte in value {
      guard CharacterClass.isDigit(byte) else { throw .badContentLength }
      number = number * 10 + Int(byte - 0x30)
    }
    return number
  }

  private static func forEachToken(_ value: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    while start < value.count {
      var end = start
      while end < value.count, value[end] != 0x2C { end += 1 }
      var first = start
      var last = end
      while first < last, value[first] == 0x20 || value[first] == 0x09 { first += 1 }
      while last > first, value[last - 1] == 0x20 || value[last - 1] == 0x09 { last -= 1 }
      if first < last { body(UnsafeRawBufferPointer(rebasing: value[first..<last])) }
      start = end + 1
    }
  }
}
