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
    case .host: hosts += 1
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
