import HTTP2Scripts
import NIOCore
import NIOEmbedded
import Testing

@testable import ExtProc

@Suite("The processor's connections, frame by frame") struct FrameTests {
  private static let settings = HTTP2Frame.bytes(HTTP2Frame.settings, stream: 0)
  private static let acknowledgement = HTTP2Frame.bytes(HTTP2Frame.settings, 1, stream: 0)
  private static let ping = HTTP2Frame.bytes(HTTP2Frame.ping, stream: 0, HTTP2Script.pingPayload)

  private static func calls(_ numbers: Range<UInt32>) -> [UInt8] {
    let fields = HTTP2Frame.request(ProcessorStream.processPath, [("content-type", "application/grpc")])
    return numbers.flatMap {
      HTTP2Frame.bytes(HTTP2Frame.headers, HTTP2Frame.endsHeaders, stream: 2 * $0 + 1, HTTP2Frame.block(fields))
    }
  }

  /// What comes of bytes that arrive cut like this.
  private static func answer(_ bytes: [UInt8], limit: Int, pieces: Int = 1 << 20) throws -> HTTP2Answer {
    var settings = ExtProcSettings(role: .both)
    settings.concurrentStreams = limit
    let envoy = try Envoy()
    let eventLoop = EmbeddedEventLoop()
    let loop = ProcessorLoop(
      eventLoop: eventLoop, of: 1, settings: settings, context: envoy.scope.context, snapshot: envoy.scope.snapshot)
    let channel = EmbeddedChannel(handlers: loop.connectionHandlers(), loop: eventLoop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    var rest = bytes[...]
    while !rest.isEmpty {
      _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    var sent: [UInt8] = []
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) { sent += bytes.readableBytesView }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    eventLoop.run()
    #expect(loop.connectionCount == 0)
    return try HTTP2Answer(sent)
  }

  @Test("a stream over the limit ends the connection, with GOAWAY", arguments: [[], acknowledgement])
  func streamLimit(_ acknowledgement: [UInt8]) throws {
    let begin = HTTP2Frame.preface + Self.settings + acknowledgement
    #expect(try Self.answer(begin + Self.calls(0..<3) + Self.ping, limit: 3).goAway == nil)
    let protocolError: UInt32 = 1
    #expect(try Self.answer(begin + Self.calls(0..<4), limit: 3).goAway == protocolError)
  }

  @Test("a peer may begin as many streams as it likes before it has our settings", arguments: [1, 7, 1 << 20])
  func burst(_ pieces: Int) throws {
    let bytes =
      HTTP2Frame.preface + Self.settings + Self.calls(0..<400) + Self.acknowledgement + Self.calls(400..<500)
      + Self.ping
    let answer = try Self.answer(bytes, limit: 10_000, pieces: pieces)
    #expect(answer.goAway == nil)
    #expect(answer.isPingAnswered)
  }

  @Test(
    "a stream that is refused and then breaks its rules is reset once",
    arguments: [HTTP2Frame.endsHeaders, HTTP2Frame.endsHeaders | HTTP2Frame.endsStream])
  func refusedAndBroken(_ flags: UInt8) throws {
    let fields = HTTP2Frame.request("/no.Service/Process", [("content-type", "application/grpc")])
    let call = HTTP2Frame.bytes(HTTP2Frame.headers, HTTP2Frame.endsHeaders, stream: 1, HTTP2Frame.block(fields))
    let trailers = HTTP2Frame.bytes(HTTP2Frame.headers, flags, stream: 1, HTTP2Frame.block([("x-sum", "\0")]))
    let answer = try Self.answer(HTTP2Frame.preface + Self.settings + call + trailers + Self.ping, limit: 3)
    #expect(answer.goAway == nil)
    #expect(answer.isPingAnswered)
    // A refused stream whose sender has not ended is told to stop.
    #expect(try Self.answer(HTTP2Frame.preface + Self.settings + call, limit: 3).resets == [1: 0])
  }

  @Test(
    "what is no beginning of HTTP/2, or acknowledges what it does not know, is refused",
    arguments: [
      Array("GET / HTTP/1.1\r\nhost: a\r\n\r\n".utf8), HTTP2Frame.preface + ping,
      HTTP2Frame.preface + acknowledgement, HTTP2Frame.preface + settings + acknowledgement + acknowledgement,
    ])
  func noBeginning(_ bytes: [UInt8]) throws {
    for pieces in [1, 1 << 20] { #expect(try Self.answer(bytes, limit: 3, pieces: pieces).goAway != nil) }
  }
}
