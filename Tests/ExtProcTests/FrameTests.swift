import HTTP2Scripts
import NIOCore
import NIOEmbedded
import Testing

@testable import ExtProc

@Suite("The processor's connections, frame by frame") struct FrameTests {
  @Test(
    "a stream over the limit ends the connection, and is refused where the peer has not acknowledged our settings",
    arguments: [true, false])
  func streamLimit(_ acknowledges: Bool) throws {
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
    for stream: UInt32 in [1, 3, 5] { try begin(stream) }
    #expect(try HTTP2Answer(sent).goAway == nil)
    try begin(7)
    let (protocolError, refusedStream): (UInt32, UInt32) = (1, 7)
    #expect(try HTTP2Answer(sent).goAway == (acknowledges ? protocolError : nil))
    #expect(try HTTP2Answer(sent).resets == (acknowledges ? [:] : [7: refusedStream]))
    _ = try? channel.finish(acceptAlreadyClosed: true)
    eventLoop.run()
    #expect(loop.connectionCount == 0)
  }
}
