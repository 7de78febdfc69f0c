import NIOHTTP1

/// A request with its whole body.
struct InboundRequest {
  let method: HTTPMethod
  /// As sent: path and query.
  let uri: String
  let headers: HTTPHeaders
  let body: [UInt8]

  var path: String { String(uri.prefix { $0 != "?" }) }

  /// The value of a query item, undecoded; nil when there is none.
  func query(_ name: String) -> String? {
    guard let mark = uri.firstIndex(of: "?") else { return nil }
    for item in uri[uri.index(after: mark)...].split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts[0] == name { return parts.count > 1 ? String(parts[1]) : "" }
    }
    return nil
  }

  func header(_ name: String) -> String? {
    headers.first(name: name)
  }
}
