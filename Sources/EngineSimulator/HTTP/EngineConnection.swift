import NIOCore
import NIOHTTP1

/// One client connection: collects a request's body, hands the request to the engine and writes the answer.
///
/// It lives on the engine's event loop. Requests that a client pipelines come one after another, because the pipeline
/// handler in front holds the next back until the answer is out.
final class EngineConnection: ChannelInboundHandler, ResponseSink {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case idle
    case receiving(HTTPRequestHead, ByteBuffer)
    /// The body is too large; what still comes of it is dropped and counted.
    case discarding(HTTPRequestHead, Int)
    case answering(HTTPRequestHead)
    case closed
  }

  /// A body too large is read to its end, so that the client sees the 413 and not a broken connection, but only so far.
  private static let discardLimit = 1 << 30

  private let engine: Engine
  private var state = State.idle
  private var context: ChannelHandlerContext?
  /// The job that answers the current request, while there is one.
  var job: Int?

  init(engine: Engine) {
    self.engine = engine
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    guard engine.opened(self) else {
      context.close(promise: nil)
      return
    }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    state = .closed
    engine.closed(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The codec has answered a malformed request with 400 already; nothing on this connection can be trusted any more.
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      let declared = head.headers.first(name: "content-length").flatMap(Int.init) ?? 0
      let expects = head.headers.first(name: "expect")?.lowercased() == "100-continue"
      if declared > engine.options.maxRequestBodyBytes {
        state = .discarding(head, 0)
        if expects { refuseBody(head) }
        return
      }
      if expects {
        context.writeAndFlush(
          wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
      }
      state = .receiving(head, context.channel.allocator.buffer(capacity: min(declared, 1 << 20)))
    case .body(var part):
      switch state {
      case .receiving(let head, var body):
        if body.readableBytes + part.readableBytes > engine.options.maxRequestBodyBytes {
          state = .discarding(head, part.readableBytes)
          return
        }
        state = .idle
        body.writeBuffer(&part)
        state = .receiving(head, body)
      case .discarding(let head, let count):
        guard count + part.readableBytes <= EngineConnection.discardLimit else {
          refuseBody(head)
          return
        }
        state = .discarding(head, count + part.readableBytes)
      case .idle, .answering, .closed: break
      }
    case .end:
      switch state {
      case .receiving(let head, let body):
        state = .answering(head)
        engine.receive(
          InboundRequest(
            method: head.method, uri: head.uri, headers: head.headers, body: Array(body.readableBytesView)),
          from: self)
      case .discarding(let head, _): refuseBody(head)
      case .idle, .answering, .closed: break
      }
    }
  }

  private func refuseBody(_ head: HTTPRequestHead) {
    var closing = head
    closing.headers.replaceOrAdd(name: "connection", value: "close")
    state = .answering(closing)
    respond(
      EngineError(
        status: 413,
        message:
          "The request body exceeds \(engine.options.maxRequestBodyBytes) bytes; --max-request-body-size-mb sets the limit"
      ))
  }

  // MARK: Answers

  var isWritable: Bool { context?.channel.isWritable ?? true }

  func respond(status: Int, contentType: String?, headers: [(String, String)], body: [UInt8]) {
    guard let context, let request = currentRequest() else { return }
    var fields = fields(contentType: contentType, headers: headers, request: request)
    fields.add(name: "content-length", value: String(body.count))
    let head = HTTPResponseHead(
      version: request.version, status: HTTPResponseStatus(statusCode: status), headers: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !body.isEmpty, request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: body)))), promise: nil)
    }
    end()
  }

  func begin(status: Int, contentType: String, headers: [(String, String)]) {
    guard let context, let request = currentRequest() else { return }
    var fields = fields(contentType: contentType, headers: headers, request: request)
    fields.add(name: "cache-control", value: "no-cache")
    let head = HTTPResponseHead(
      version: request.version, status: HTTPResponseStatus(statusCode: status), headers: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
  }

  func write(_ piece: [UInt8]) {
    guard let context, !piece.isEmpty else { return }
    context.writeAndFlush(
      wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: piece)))), promise: nil)
  }

  func end() {
    guard let context, let request = currentRequest() else { return }
    job = nil
    let closes = !request.isKeepAlive || engine.isDraining
    state = closes ? .closed : .idle
    guard closes else {
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      return
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { [weak self] _ in
      self?.context?.close(promise: nil)
    }
  }

  /// Closes the connection unless a request is being answered; such a one closes after its answer.
  func closeWhenIdle() {
    if case .idle = state { context?.close(promise: nil) }
  }

  func closeNow() {
    context?.close(promise: nil)
  }

  private func currentRequest() -> HTTPRequestHead? {
    if case .answering(let head) = state { return head }
    return nil
  }

  private func fields(contentType: String?, headers: [(String, String)], request: HTTPRequestHead) -> HTTPHeaders {
    var fields = HTTPHeaders()
    fields.reserveCapacity(10)
    fields.add(name: "server", value: "fasthttp")
    fields.add(name: "date", value: engine.httpDate())
    if let contentType { fields.add(name: "content-type", value: contentType) }
    fields.add(contentsOf: engine.identityHeaders)
    if let id = request.headers.first(name: "x-request-id") { fields.add(name: "x-request-id", value: id) }
    for (name, value) in headers { fields.add(name: name, value: value) }
    if !request.isKeepAlive || engine.isDraining { fields.add(name: "connection", value: "close") }
    return fields
  }
}
