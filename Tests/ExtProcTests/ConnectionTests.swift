import EnvoyWire
import Gateway
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import ExtProc

/// Counts how often the channel is read.
private final class Reads: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  var count = 0

  func read(context: ChannelHandlerContext) {
    count += 1
    context.read()
  }
}

/// A connection of Envoy's and the processor's end of it, without sockets: what one writes the other reads when
/// ``exchange()`` is called.
private final class Wire {
  let loop: ProcessorLoop
  let connection: ProcessorConnection
  let reads = Reads()
  let server: EmbeddedChannel
  let client: EmbeddedChannel
  private(set) var bodies: [HTTP2StreamID: Int] = [:]
  private(set) var resets: [HTTP2StreamID: HTTP2ErrorCode] = [:]
  private(set) var trailers: [HTTP2StreamID: HPACKHeaders] = [:]
  private(set) var goAway: HTTP2ErrorCode?

  /// - Parameter window: bytes that the client takes of each stream before it opens its window.
  init(window: Int, settings: ExtProcSettings = ExtProcSettings(role: .both)) throws {
    let envoy = try Envoy()
    let eventLoop = EmbeddedEventLoop()
    loop = ProcessorLoop(
      eventLoop: eventLoop, of: 1, settings: settings, context: envoy.scope.context, snapshot: envoy.scope.snapshot)
    connection = ProcessorConnection(loop: loop)
    server = EmbeddedChannel(handlers: [reads] + settings.handlers(of: connection), loop: eventLoop)
    client = EmbeddedChannel(
      handler: NIOHTTP2Handler(
        mode: .client, initialSettings: [HTTP2Setting(parameter: .initialWindowSize, value: window)],
        headerBlockValidation: .disabled), loop: eventLoop)
    try client.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try server.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try exchange()
  }

  func send(_ stream: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) throws {
    client.writeAndFlush(HTTP2Frame(streamID: stream, payload: payload), promise: nil)
    try exchange()
  }

  /// Begins a call of the processor.
  func call(
    _ stream: HTTP2StreamID, _ path: String = ProcessorStream.processPath, and more: [(String, String)] = []
  ) throws {
    let fields = HPACKHeaders(
      [
        (":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", path),
        ("content-type", "application/grpc"),
      ] + more)
    try send(stream, .headers(.init(headers: fields)))
  }

  func send(_ stream: HTTP2StreamID, message: [UInt8]) throws {
    var frame = ByteBuffer()
    frame.writeInteger(UInt8(0))
    frame.writeInteger(UInt32(message.count))
    frame.writeBytes(message)
    try send(stream, .data(.init(data: .byteBuffer(frame))))
  }

  /// Moves bytes until none are left.
  func exchange() throws {
    var isMoving = true
    while isMoving {
      isMoving = false
      while let bytes = try client.readOutbound(as: ByteBuffer.self) {
        isMoving = true
        try server.writeInbound(bytes)
      }
      while let bytes = try server.readOutbound(as: ByteBuffer.self) {
        isMoving = true
        try client.writeInbound(bytes)
      }
    }
    while let frame = try client.readInbound(as: HTTP2Frame.self) {
      switch frame.payload {
      case .data(let data): bodies[frame.streamID, default: 0] += data.data.readableBytes
      case .rstStream(let code): resets[frame.streamID] = code
      case .headers(let headers): if headers.endStream { trailers[frame.streamID] = headers.headers }
      case .goAway(_, let code, _): goAway = code
      default: break
      }
    }
  }

  func close() { _ = try? (server.finish(acceptAlreadyClosed: true), client.finish(acceptAlreadyClosed: true)) }
}

@Suite("The processor's connections") struct ConnectionTests {
  private static func message(_ content: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    content(&writer)
    return writer.bytes
  }

  /// The head of an upload that is passed on piece by piece, in full duplex mode.
  private static let head = message { writer in
    writer.message(2) { headers in
      headers.message(1) { map in
        for (name, value) in [(":method", "POST"), (":path", "/v1/files?model=alpha")] {
          map.message(1) { header in
            header.string(1, name)
            header.string(3, value)
          }
        }
      }
    }
    writer.message(11) { configuration in
      configuration.varint(1, BodyMode.fullDuplexStreamed.rawValue)
      configuration.varint(2, BodyMode.fullDuplexStreamed.rawValue)
    }
  }

  private static let piece = message { $0.message(4) { $0.bytes(1, [UInt8](repeating: 1, count: 32 << 10)) } }

  @Test("a stream whose replies Envoy does not take is sent no further, and goes on when it takes them")
  func window() throws {
    let wire = try Wire(window: 1_000)
    defer { wire.close() }
    try wire.call(1)
    try wire.send(1, message: Self.head)
    let pieces = 200
    for _ in 0..<pieces { try wire.send(1, message: Self.piece) }
    let settings = wire.loop.scope.settings
    #expect(wire.connection.queuedBytes >= settings.queuedReplyBytes)
    #expect(wire.connection.queuedBytes <= settings.queuedReplyBytes + settings.streamWindow + (64 << 10))
    #expect(wire.bodies[1] == 1_000)
    while wire.connection.queuedBytes > 0 {
      try wire.send(.rootStream, .windowUpdate(windowSizeIncrement: 1 << 20))
      try wire.send(1, .windowUpdate(windowSizeIncrement: 1 << 20))
    }
    #expect(try #require(wire.bodies[1]) > pieces * (32 << 10))
  }

  @Test("a stream that takes nothing for the stall time is reset, its siblings are not")
  func stall() throws {
    let wire = try Wire(window: 10)
    defer { wire.close() }
    for stream in [1, 3] as [HTTP2StreamID] {
      try wire.call(stream)
      try wire.send(stream, message: Self.head)
    }
    try wire.send(3, .windowUpdate(windowSizeIncrement: 1 << 20))
    #expect(wire.loop.scope.context.load.requests == 2)
    let timeout = wire.loop.scope.context.settings.clientStallTimeout
    wire.connection.expire(.now() + timeout - .seconds(5))
    try wire.exchange()
    #expect(wire.resets.isEmpty)
    wire.connection.expire(.now() + timeout + .seconds(5))
    try wire.exchange()
    #expect(wire.resets == [1: .cancel])
    #expect(wire.loop.scope.context.load.requests == 1)
    #expect(wire.connection.queuedBytes == 0)
  }

  @Test("while the socket takes nothing, nothing is read; a connection that stays so is closed")
  func unwritable() throws {
    let wire = try Wire(window: 1_000)
    defer { wire.close() }
    try wire.call(1)
    wire.server.isWritable = false
    wire.server.pipeline.fireChannelWritabilityChanged()
    let reads = wire.reads.count
    wire.server.read()
    #expect(wire.reads.count == reads)
    wire.server.isWritable = true
    wire.server.pipeline.fireChannelWritabilityChanged()
    #expect(wire.reads.count == reads + 1)
    wire.server.isWritable = false
    wire.server.pipeline.fireChannelWritabilityChanged()
    wire.connection.drain()
    let timeout = wire.loop.scope.context.settings.clientStallTimeout
    wire.connection.expire(.now() + timeout - .seconds(5))
    #expect(wire.server.isActive)
    wire.connection.expire(.now() + timeout + .seconds(5))
    #expect(!wire.server.isActive)
  }

  @Test("a stream whose fields break the rules is reset, its siblings go on")
  func malformed() throws {
    let wire = try Wire(window: 1 << 20)
    defer { wire.close() }
    try wire.call(1)
    try wire.call(3, and: [("Upper", "x")])
    try wire.call(5, and: [("connection", "close")])
    try wire.call(7)
    try wire.send(7, message: Self.head)
    #expect(wire.loop.scope.context.load.requests == 1)
    try wire.send(7, .headers(.init(headers: [":path": "/"], endStream: true)))
    #expect(wire.resets == [3: .protocolError, 5: .protocolError, 7: .protocolError])
    #expect(wire.loop.scope.context.load.requests == 0)
    try wire.send(1, message: Self.head)
    #expect(wire.bodies[1] != nil)
    #expect(wire.goAway == nil)
  }

  @Test("a connection with too many such streams is ended")
  func malformedTooOften() throws {
    var settings = ExtProcSettings(role: .both)
    settings.malformedStreams = 3
    let wire = try Wire(window: 1_000, settings: settings)
    defer { wire.close() }
    try wire.call(1)
    try wire.send(1, message: Self.head)
    for stream in [3, 5] as [HTTP2StreamID] { try wire.call(stream, and: [("Upper", "x")]) }
    #expect(wire.goAway == nil)
    try wire.call(7, and: [("Upper", "x")])
    #expect(wire.goAway == .enhanceYourCalm)
    #expect(wire.loop.scope.context.load.requests == 0)
  }

  @Test(
    "the window of a connection stays open however much is sent, on streams that are gone too",
    arguments: [128 << 10, 1 << 20, 16 << 20])
  func connectionWindow(size: Int) throws {
    var settings = ExtProcSettings(role: .both)
    settings.connectionWindow = size
    let wire = try Wire(window: 1 << 20, settings: settings)
    defer { wire.close() }
    var sent = 0
    var stream: HTTP2StreamID = 1
    while sent < 3 * size {
      try wire.call(stream)
      try wire.send(stream, message: Self.head)
      for _ in 0..<20 {
        let before = wire.bodies[stream] ?? 0
        try wire.send(stream, message: Self.piece)
        try #require(wire.bodies[stream, default: 0] > before, "nothing came after \(sent) bytes")
        sent += Self.piece.count
        try wire.send(.rootStream, .windowUpdate(windowSizeIncrement: 33 << 10))
      }
      try wire.send(stream, .rstStream(.cancel))
      stream = HTTP2StreamID(Int(stream) + 2)
    }
  }

  @Test("a watch of the health ends when the server drains, and the connection with it")
  func watch() throws {
    let wire = try Wire(window: 1_000)
    defer { wire.close() }
    try wire.call(1, "/grpc.health.v1.Health/Watch")
    try wire.send(1, message: [])
    #expect(wire.bodies[1] == 7)
    wire.connection.drain()
    try wire.exchange()
    #expect(wire.bodies[1] == 14)
    #expect(wire.trailers[1]?.first(name: "grpc-status") == "0")
    wire.connection.expire(.now() + .seconds(3))
    #expect(!wire.server.isActive)
  }
}
