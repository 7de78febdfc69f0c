import Explanation
import NIOCore
import NIOHTTP1
import NIOPosix

/// One client connection of the management API: collects a request's body, has it answered and writes the answer.
///
/// Bound to the connection's event loop. Requests that a client pipelines come one after another, because the pipeline
/// handler in front holds the next back until the answer is out.
final class AdminConnection: ChannelInboundHandler {
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
  private static let discardLimit = 64 << 20

  private let context: AdminContext
  private let limits: AdminLimits
  private let connections: AdminConnections
  private let threads: AdminThreads
  private var state = State.idle
  /// Closes the connection when the client is silent or sends its request too slowly.
  private var deadline: Scheduled<Void>?
  /// A thread of the API's is making an answer. The connection counts as open till then, or clients that leave early could
  /// queue work without end.
  private var awaitsThread = false

  init(context: AdminContext, limits: AdminLimits, connections: AdminConnections, threads: AdminThreads) {
    self.context = context
    self.limits = limits
    self.connections = connections
    self.threads = threads
  }

  // MARK: Channel events

  func channelActive(context: ChannelHandlerContext) {
    guard connections.opened(context.channel) else {
      context.close(promise: nil)
      return
    }
    setDeadline(limits.idleTime, context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    state = .closed
    deadline?.cancel()
    if !awaitsThread { connections.closed(context.channel) }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The codec has answered a malformed request with 400 already; nothing on this connection can be trusted any more.
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): receive(head, context)
    case .body(var part):
      switch state {
      case .receiving(let head, var body):
        guard body.readableBytes + part.readableBytes <= limits.bodyBytes else {
          state = .discarding(head, part.readableBytes)
          return
        }
        // The buffer is held once only, so that appending does not copy it.
        state = .idle
        body.writeBuffer(&part)
        state = .receiving(head, body)
      case .discarding(let head, let count):
        guard count + part.readableBytes <= Self.discardLimit else { return refuseBody(head, context) }
        state = .discarding(head, count + part.readableBytes)
      case .idle, .answering, .closed: break
      }
    case .end:
      switch state {
      case .receiving(let head, let body):
        state = .answering(head)
        deadline?.cancel()
        answer(head, body, context)
      case .discarding(let head, _): refuseBody(head, context)
      case .idle, .answering, .closed: break
      }
    }
  }

  private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    setDeadline(limits.requestTime, context)
    let declared = head.headers.first(name: "content-length").flatMap(Int.init) ?? 0
    let expects = head.headers.first(name: "expect")?.lowercased() == "100-continue"
    if declared > limits.bodyBytes {
      state = .discarding(head, 0)
      if expects { refuseBody(head, context) }
      return
    }
    if expects {
      context.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
    }
    state = .receiving(head, context.channel.allocator.buffer(capacity: min(declared, 1 << 16)))
  }

  private func refuseBody(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    var closing = head
    closing.headers.replaceOrAdd(name: "connection", value: "close")
    state = .answering(closing)
    write(AdminError.tooLarge(limit: limits.bodyBytes).response(now: self.context.wallClock()), context)
  }

  private func setDeadline(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  // MARK: Answers

  private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    let request = AdminRequest(
      method: head.method.rawValue, target: head.uri, accept: head.headers.first(name: "accept") ?? "",
      fields: head.headers.map { HeaderField(name: $0.name.lowercased(), value: $0.value) },
      body: Array(body.readableBytesView))
    let adminContext = self.context
    let route: AdminRoute
    do throws(AdminError) {
      route = try AdminRouter.route(for: request)
    } catch {
      return write(error.response(now: adminContext.wallClock()), context)
    }
    guard let pool = threads.pool(of: route.place) else {
      return write(AdminRouter.respond(to: request, with: route, in: adminContext), context)
    }
    awaitsThread = true
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    pool.runIfActive(eventLoop: context.eventLoop) {
      AdminRouter.respond(to: request, with: route, in: adminContext)
    }.assumeIsolated().whenComplete { result in
      self.awaitsThread = false
      if case .closed = self.state { return self.connections.closed(bound.value.channel) }
      switch result {
      case .success(let response): self.write(response, bound.value)
      // The threads take no more work: the server is stopping.
      case .failure: self.write(AdminError.stopping.response(now: adminContext.wallClock()), bound.value)
      }
    }
  }

  private func write(_ response: AdminResponse, _ context: ChannelHandlerContext) {
    guard case .answering(let request) = state else { return }
    var fields = HTTPHeaders()
    fields.add(name: "content-type", value: response.contentType)
    fields.add(name: "content-length", value: String(response.body.count))
    fields.add(name: "cache-control", value: "no-store")
    for field in response.headers { fields.add(name: field.name, value: field.value) }
    if !request.isKeepAlive { fields.add(name: "connection", value: "close") }
    let head = HTTPResponseHead(
      version: request.version, status: HTTPResponseStatus(statusCode: response.status), headers: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !response.body.isEmpty, request.method != .HEAD {
      context.write(
        wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body)))), promise: nil)
    }
    // Also bounds the time that a client takes to read the answer.
    setDeadline(limits.idleTime, context)
    guard request.isKeepAlive else {
      state = .closed
      let channel = context.channel
      context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
      return
    }
    state = .idle
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
