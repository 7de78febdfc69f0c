import Explanation

/// A whole answer of the management API.
struct AdminResponse: Sendable, Equatable {
  var status: Int
  var contentType: String
  /// Besides content type and length.
  var headers: [HeaderField] = []
  var body: [UInt8]

  init(status: Int = 200, contentType: String, headers: [HeaderField] = [], body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }

  static func json(_ node: JSONNode, status: Int = 200, headers: [HeaderField] = []) -> AdminResponse {
    AdminResponse(status: status, contentType: "application/json", headers: headers, body: node.bytes)
  }
}
