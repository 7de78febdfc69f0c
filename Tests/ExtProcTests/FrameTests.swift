import HTTP2Scripts
import NIOCore
import NIOEmbedded
import Testing

@testable import ExtProc

@Suite("The processor's connections, frame by frame") struct FrameTests {
  @Test(
    "a stream over the limit ends the connection, with GOAWAY; until the peer acknowledges our settings SwiftNIO's limit holds",
    arguments: [(true, 3), (false, 100)])
  func streamLimit(_ acknowledges: Bool, _ limit: UInt32) throws {
    var settings = ExtProcSettings(role: .both)
    settings.concurrentStreams = 3
    let envoy = try Envoy()
    let eventLoop = EmbeddedEventLoop()
    let loop = ProcessorLoop(
      eventLoop: eventLoop, of: 1, settings: settings, context: envoy.scope.context, snapshot: envoy.scope.snapshot)
    let channel = EmbeddedChannel(handlers: loop.connectionHandlers(), loop: eventLoop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    var sent: [UInt8] = []
    func send(_ bytes: [UInt8]) throws {
      _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
      while let bytes = try channel.readOutbound(as: ByteBuffer.self) { sent += bytes.readableBytesView }
    }
    func begin(_ stream: UInt32) throws {
      let head = HTTP2Frame.request(ProcessorStream.processPath, [("content-type", "application/grpc")])
      try send(HTTP2Frame.bytes(HTTP2Frame.headers, HTTP2Frame.endsHeaders, stream: stream, HTTP2Frame.block(head)))
    }
    try send(HTTP2Frame.preface + HTTP2Frame.bytes(HTTP2Frame.settings, stream: 0))
    let acknowledgement: UInt8 = 1
    if acknowledges { try send(HTTP2Frame.bytes(HTTP2Frame.settings, acknowledgement, stream: 0)) }
    for index in 0..<limit { try begin(2 * index + 1) }
    #expect(try HTTP2Answer(sent).goAway == nil)
    try begin(2 * limit + 1)
    let protocolError: UInt32 = 1
    #expect(try HTTP2Answer(sent).goAway == protocolError)
    _ = try? channel.finish(acceptAlreadyClosed: true)
    eventLoop.run()
    #expect(loop.connectionCount == 0)
  }
}
