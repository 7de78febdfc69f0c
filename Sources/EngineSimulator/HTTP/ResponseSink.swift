/// Where the engine's answer to one request goes. Used on the engine's event loop only.
protocol ResponseSink: AnyObject {
  /// False while the client takes what was sent too slowly; a stream then pauses.
  var isWritable: Bool { get }
  /// A whole answer.
  func respond(status: Int, contentType: String?, headers: [(String, String)], body: [UInt8])
  /// The head of a streamed answer; pieces and `end` follow.
  func begin(status: Int, contentType: String, headers: [(String, String)])
  func write(_ piece: [UInt8])
  func end()
}

extension ResponseSink {
  func respond(_ error: EngineError) {
    respond(status: error.status, contentType: "application/json", headers: [], body: error.body)
  }

  func respond(json body: [UInt8]) {
    respond(status: 200, contentType: "application/json", headers: [], body: body)
  }
}
