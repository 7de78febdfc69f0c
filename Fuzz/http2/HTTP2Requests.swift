/// Requests that a server must answer, for scripts of frames.
package struct HTTP2Requests: Sendable {
  /// The path of most of them, up to 126 bytes.
  let path: String
  /// One that the server knows too.
  let otherPath: String
  /// Fields that each has besides.
  let fields: [(String, String)]
  /// At least five bytes.
  let body: [UInt8]

  package init(path: String, otherPath: String, fields: [(String, String)] = [], body: [UInt8]) {
    precondition(body.count >= 5, "a body is cut behind five bytes")
    self.path = path
    self.otherPath = otherPath
    self.fields = fields
    self.body = body
  }

  /// The fields of a request's head.
  ///
  /// - Parameter path: nil for the usual one.
  func head(_ more: [(String, String)] = [], path: String? = nil) -> [(String, String)] {
    HTTP2Frame.request(path ?? self.path, fields + more)
  }
}
