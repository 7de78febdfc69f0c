/// The target of a request line, taken apart (RFC 9112 §3.2): `/path?query`, or a whole URL, whose authority says nothing
/// that the Host field does not.
package struct RequestTarget: Equatable {
  package var path: String
  /// With its question mark; empty for none.
  package var query: String

  package init(_ target: String) {
    var target = target
    self = target.withUTF8 { RequestTarget(UnsafeRawBufferPointer($0)) }
  }

  /// - Parameter target: UTF-8; what is none becomes U+FFFD.
  package init(_ target: UnsafeRawBufferPointer) {
    var start = 0
    let end = target.count
    if target.first != UInt8(ascii: "/"), let authority = Self.authority(target) {
      start = authority
      while start < end, target[start] != UInt8(ascii: "/"), target[start] != UInt8(ascii: "?") { start += 1 }
    }
    var mark = start
    while mark < end, target[mark] != UInt8(ascii: "?") { mark += 1 }
    path = mark == start ? "/" : String(decoding: target[start..<mark], as: UTF8.self)
    query = mark == end ? "" : String(decoding: target[mark..<end], as: UTF8.self)
  }

  /// Where the authority of a whole URL begins.
  private static func authority(_ target: UnsafeRawBufferPointer) -> Int? {
    var index = 0
    while index + 2 < target.count {
      let isMark = target[index] == UInt8(ascii: ":") && target[index + 1] == UInt8(ascii: "/")
      if isMark, target[index + 2] == UInt8(ascii: "/") { return index + 3 }
      index += 1
    }
    return nil
  }
}
