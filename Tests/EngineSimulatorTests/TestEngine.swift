import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import EngineSimulator

/// An engine on an event loop whose time only the test moves, with its HTTP front but without sockets.
final class TestEngine {
  let loop = EmbeddedEventLoop()
  let engine: Engine

  /// The arguments follow `--model demo --seed 7 --port 8000`.
  convenience init(_ arguments: String..., environment: [String: String] = [:]) throws {
    try self.init(
      arguments: ["--model", "demo", "--seed", "7", "--port", "8000"] + arguments, environment: environment)
  }

  /// The arguments are all there are.
  init(arguments: [String], environment: [String: String] = [:]) throws {
    let options = try EngineSimulatorOptions(arguments: arguments, environment: environment, readFile: { _ in "" })
    engine = Engine(options: options, port: 8000, eventLoop: loop, wallClock: { 1_700_000_000 })
  }

  func connect() throws -> TestClient {
    let channel = EmbeddedChannel(handler: EngineConnection(engine: engine), loop: loop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 8000)).wait()
    return TestClient(channel: channel)
  }

  func advance(milliseconds: Double) {
    loop.advanceTime(by: .nanoseconds(Int64(milliseconds * 1e6)))
  }

  /// Sends a request on a connection of its own and gives the answer that is there after `milliseconds`.
  func send(
    _ method: HTTPMethod, _ uri: String, _ body: String = "", headers: [(String, String)] = [],
    milliseconds: Double = 0
  ) throws -> TestAnswer {
    let client = try connect()
    try client.send(method, uri, body, headers: headers)
    advance(milliseconds: milliseconds)
    let answer = try client.read()
    try client.close()
    return answer
  }
}

/// What came back of one request.
struct TestAnswer: Equatable {
  var status: Int?
  var headers = HTTPHeaders()
  var body = ""
  var ended = false

  func header(_ name: String) -> String? { headers.first(name: name) }

  /// The data of the events, in order.
  var events: [String] {
    body.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
  }
}

final class TestClient {
  let channel: EmbeddedChannel

  init(channel: EmbeddedChannel) {
    self.channel = channel
  }

  func send(_ method: HTTPMethod, _ uri: String, _ body: String = "", headers: [(String, String)] = []) throws {
    try send(method, uri, parts: body.isEmpty ? [] : [Array(body.utf8)], headers: headers)
  }

  func send(_ method: HTTPMethod, _ uri: String, parts: [[UInt8]], headers: [(String, String)] = []) throws {
    let head = HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(headers))
    try channel.writeInbound(HTTPServerRequestPart.head(head))
    for part in parts {
      try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(bytes: part)))
    }
    try channel.writeInbound(HTTPServerRequestPart.end(nil))
  }

  /// What was sent since the last read.
  func read() throws -> TestAnswer {
    var answer = TestAnswer()
    while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
      switch part {
      case .head(let head):
        answer.status = Int(head.status.code)
        answer.headers = head.headers
      case .body(.byteBuffer(let buffer)): answer.body += String(buffer: buffer)
      case .body: break
      case .end: answer.ended = true
      }
    }
    return answer
  }

  func close() throws {
    // Not `finish()`: that would cancel every timer of the shared loop.
    if channel.isActive { try channel.close().wait() }
  }
}
