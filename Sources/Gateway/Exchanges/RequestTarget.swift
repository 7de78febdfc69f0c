/// The target of a request line, taken apart (RFC 9112 §3.2): `/path?query`, or a whole URL, whose authority says nothing
/// that the Host field does not.
package struct RequestTarget: Equatable {
  package var path: String
  /// With its question mark; empty for none.
  package var query: String

  package init(_ target: String) {
    var rest = target[...]
    if !rest.hasPrefix("/"), let scheme = rest.range(of: "://") {
      rest = rest[scheme.upperBound...]
      rest = rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }
    let mark = rest.firstIndex(of: "?") ?? rest.endIndex
    path = mark == rest.startIndex ? "/" : String(rest[..<mark])
    query = String(rest[mark...])
  }
}
