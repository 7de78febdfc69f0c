import Explanation

/// A request to the management API with its whole body.
struct AdminRequest: Sendable {
  /// `GET`, `POST`, …
  var method: String
  /// As sent, without the query.
  var path: String
  /// What follows the `?`; empty when nothing does.
  var query: String
  /// The `accept` field; empty when there is none.
  var accept: String
  /// Of its head, in their order.
  var fields: [HeaderField]
  var body: [UInt8]

  init(method: String, target: String, accept: String = "", fields: [HeaderField] = [], body: [UInt8] = []) {
    self.method = method
    let mark = target.firstIndex(of: "?") ?? target.endIndex
    path = String(target[..<mark])
    query = String(target[mark...].dropFirst())
    self.accept = accept
    self.fields = fields
    self.body = body
  }

  /// The `authorization` field; empty when there is none. Never logged.
  var authorization: String { fields.first { $0.name == "authorization" }?.value ?? "" }

  /// The value of a query item, undecoded; empty when it has none, nil when it is not there.
  func queryItem(_ name: String) -> String? {
    for item in query.split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts[0] == name { return parts.count > 1 ? String(parts[1]) : "" }
    }
    return nil
  }
}
