import EngineClient
import Fleet
import HTTPWire
import NIOCore

/// One connection to an engine: carries one exchange at a time and passes its answer on as it comes.
///
/// Bytes of a body, its chunk framing included, reach the client as they are; they are only walked to find their end.
final class UpstreamConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case idle
    case awaitingHead
    case body(remaining: Int)
    case chunkedBody
    case untilClose
    case closed
  }

  let replica: Replica
  private unowned let loop: GatewayLoop
  private var context: ChannelHandlerContext?
  private var state: State = .idle
  private var exchange: Exchange?
  private var inbound = ByteBuffer()
  private var scanner = HeadScanner()
  private var head = MessageHead()
  private var decoder = ChunkedDecoder()
  private var keepsAlive = true
  private var deadline: NIODeadline?
  private var isReadHeld = false
  /// The connection broke, which is not the end of an answer that ends with its connection.
  private var hasBroken = false
  private var idleSince = NIODeadline.now()
  /// An answer has come over this connection before, so an early close may just be the engine's idle limit.
  private(set) var isReused = false

  init(loop: GatewayLoop, replica: Replica) {
    self.loop = loop
    self.replica = replica
  }

  // MARK: From the exchange

  /// Sends a request. The first buffer begins with the head.
  func send(_ exchange: Exchange, _ pieces: [ByteBuffer], now: NIODeadline) {
    guard let context else { return exchange.client.upstreamFailed(exchange, .closed, wasReused: isReused) }
    self.exchange = exchange
    state = .awaitingHead
    deadline = now + loop.context.settings.firstByteTimeout
    for piece in pieces { context.write(wrapOutboundOut(piece), promise: nil) }
    context.flush()
  }

  /// The client left: the engine stops generating when its connection closes.
  func cancel() {
    exchange = nil
    close()
  }

  func close() { context?.close(promise: nil) }

  /// The client takes bytes again.
  func resumeReading() {
    guard isReadHeld else { return }
    isReadHeld = false
    // The engine had no chance to send while the client took nothing.
    if deadline != nil { deadline = .now() + loop.context.settings.streamIdleTimeout }
    context?.read()
  }

  func expire(_ now: NIODeadline) {
    switch state {
    case .idle:
      if now - idleSince > loop.context.settings.upstreamIdleTimeout { close() }
    case .closed: break
    case .awaitingHead:
      if let deadline, now > deadline { fail(.firstByteTimedOut) }
    case .body, .chunkedBody, .untilClose:
      if let deadline, now > deadline, !isReadHeld { fail(.streamTimedOut) }
    }
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    loop.opened(self)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    loop.closed(self)
    let before = state
    state = .closed
    if let exchange {
      self.exchange = nil
      if case .untilClose = before, !hasBroken {
        exchange.client.upstreamEnded(exchange)
      } else {
        exchange.client.upstreamFailed(exchange, .closed, wasReused: isReused && inbound.readableBytes == 0)
      }
    }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    hasBroken = true
    context.close(promise: nil)
  }

  func read(context: ChannelHandlerContext) {
    if let exchange, !exchange.client.takesBytes {
      isReadHeld = true
    } else {
      context.read()
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    guard exchange != nil else {
      // An engine has nothing to say between requests.
      context.close(promise: nil)
      return
    }
    if inbound.readableBytes == 0 {
      inbound = buffer
    } else {
      inbound.writeBuffer(&buffer)
    }
    deadline = .now() + loop.context.settings.streamIdleTimeout
    do {
      try advance()
    } catch {
      fail(.badAnswer(error))
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    exchange?.client.flush()
    context.fireChannelReadComplete()
  }

  // MARK: The answer

  private func advance() throws(HTTPSyntaxError) {
    while let exchange, inbound.readableBytes > 0 {
      switch state {
      case .awaitingHead:
        guard try parseHead(exchange) else { return }
      case .body(let remaining):
        guard let slice = inbound.readSlice(length: min(remaining, inbound.readableBytes)) else { return }
        let left = remaining - slice.readableBytes
        state = .body(remaining: left)
        exchange.client.upstreamBody(exchange, slice)
        if left == 0 { finish(exchange) }
      case .chunkedBody:
        try passChunks(exchange)
      case .untilClose:
        guard let slice = inbound.readSlice(length: inbound.readableBytes) else { return }
        exchange.client.upstreamBody(exchange, slice)
      case .idle, .closed: return
      }
    }
  }

  /// Returns whether a final head was passed on.
  private func parseHead(_ exchange: Exchange) throws(HTTPSyntaxError) -> Bool {
    let limits = loop.context.settings.httpLimits
    let length = try inbound.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try scanner.headLength(in: bytes, limits: limits)
    }
    guard let length, let bytes = inbound.readSlice(length: length) else { return false }
    try bytes.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try head.parseResponse(bytes, isBodiless: false, limits: limits)
    }
    // Interim answers are the engine's to us.
    if head.status < 200 { return true }
    if exchange.client.wantsAnother(exchange, insteadOf: head.status) {
      fail(.refused(status: head.status))
      return false
    }
    keepsAlive = head.keepsAlive
    switch head.framing {
    case .none: state = .body(remaining: 0)
    case .length(let length): state = .body(remaining: length)
    case .chunked:
      decoder = ChunkedDecoder(limits: limits)
      state = .chunkedBody
    case .untilClose: state = .untilClose
    }
    replica.health.handleSuccess()
    exchange.client.upstreamHead(exchange, head, bytes)
    if case .none = head.framing { finish(exchange) }
    return true
  }

  private func passChunks(_ exchange: Exchange) throws(HTTPSyntaxError) {
    let passesFraming = exchange.client.takesChunks
    var consumed = 0
    var end: Int?
    var payload: [Range<Int>] = []
    try inbound.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      walk: while true {
        switch try decoder.next(bytes, offset: &consumed) {
        case .data(let range): if !passesFraming { payload.append(range) }
        case .needMore: break walk
        case .end(let offset):
          end = offset
          break walk
        }
      }
    }
    if passesFraming {
      if let slice = inbound.readSlice(length: consumed) { exchange.client.upstreamBody(exchange, slice) }
    } else {
      let base = inbound.readerIndex
      for range in payload {
        if let slice = inbound.getSlice(at: base + range.lowerBound, length: range.count) {
          exchange.client.upstreamBody(exchange, slice)
        }
      }
      inbound.moveReaderIndex(forwardBy: consumed)
    }
    if end != nil { finish(exchange) }
  }

  private func finish(_ exchange: Exchange) {
    self.exchange = nil
    deadline = nil
    isReused = true
    idleSince = .now()
    if keepsAlive, inbound.readableBytes == 0 {
      inbound = ByteBuffer()
      state = .idle
      loop.putBack(self)
      if isReadHeld { resumeReading() }
    } else {
      state = .closed
      close()
    }
    exchange.client.upstreamEnded(exchange)
  }

  private func fail(_ failure: UpstreamFailure) {
    let exchange = exchange
    self.exchange = nil
    state = .closed
    if let exchange { exchange.client.upstreamFailed(exchange, failure, wasReused: false) }
    close()
  }
}

/// Why an engine gave no whole answer.
enum UpstreamFailure: Error, CustomStringConvertible {
  case cannotConnect(any Error)
  case closed
  case badAnswer(HTTPSyntaxError)
  case firstByteTimedOut
  case streamTimedOut
  /// It answered that it cannot serve at the moment, and another replica can be asked.
  case refused(status: Int)

  var description: String {
    switch self {
    case .cannotConnect(let error): "cannot connect: \(ConnectionFailure.text(error))"
    case .refused(let status): "it answered \(status)"
    case .closed: "the connection closed before the answer was complete"
    case .badAnswer(let error): "its answer is not HTTP: \(error)"
    case .firstByteTimedOut: "it did not answer in time"
    case .streamTimedOut: "its answer stopped"
    }
  }

  /// A word for metrics.
  var reason: String {
    switch self {
    case .cannotConnect: "connect"
    case .refused: "refused"
    case .closed: "closed"
    case .badAnswer: "bad_answer"
    case .firstByteTimedOut: "first_byte_timeout"
    case .streamTimedOut: "stream_timeout"
    }
  }
}
