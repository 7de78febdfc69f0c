import NIOCore
import NIOHTTP1
import NIOPosix

/// One request to an engine over a connection of its own, which can be given up: the engine stops when its connection closes.
///
/// Used on one event loop: made there, and told of there. ``cancel()`` or an end lets go of everything.
public final class EngineCall {
  public typealias Answer = EngineHTTPClient.Answer
  public typealias Failure = EngineHTTPClient.Failure

  public struct Request {
    public var host: String
    public var port: Int
    public var usesTLS: Bool
    public var path: String
    /// Sent beside `host`, `content-length` and `connection`; may hold a credential.
    public var headers: [(String, String)]
    /// Of a POST, let go once it is written; nil for a GET.
    public var body: ByteBuffer?
    /// For the connection, and from the start to the end of the answer.
    public var connectTimeout: TimeAmount
    public var timeout: TimeAmount
    public var answer: AnswerBody

    public init(
      host: String, port: Int, usesTLS: Bool, path: String, headers: [(String, String)], body: ByteBuffer?,
      connectTimeout: TimeAmount, timeout: TimeAmount, answer: AnswerBody
    ) {
      self.host = host
      self.port = port
      self.usesTLS = usesTLS
      self.path = path
      self.headers = headers
      self.body = body
      self.connectTimeout = connectTimeout
      self.timeout = timeout
      self.answer = answer
    }
  }

  /// What becomes of an answer's body.
  public enum AnswerBody {
    /// It is read to its end, and empty in the ``Answer``.
    case thrownAway
    /// - limit: bytes that are read at most.
    /// - hold: asked for each piece, on the loop, whether there is room for so many bytes more; the call gives none back.
    case kept(limit: Int, hold: (_ bytes: Int) -> Bool)
  }

  private var body: ByteBuffer?
  private var channel: (any Channel)?
  private var timer: Scheduled<Void>?
  private var onSent: (() -> Void)?
  private var onEnd: ((Result<Answer, Failure>) -> Void)?

  /// - Parameters:
  ///   - loop: where this is called, and the closures are.
  ///   - onSent: called when the request has been written.
  ///   - onEnd: called once, later, unless the call is cancelled.
  public init(
    _ request: Request, on loop: any EventLoop, tls: EngineTLS, onSent: @escaping () -> Void,
    onEnd: @escaping (Result<Answer, Failure>) -> Void
  ) {
    self.onSent = onSent
    self.onEnd = onEnd
    body = request.body
    let bound = NIOLoopBound(self, eventLoop: loop)
    let handler = NIOLoopBound(
      EngineCallHandler(self, Self.head(of: request), request.answer), eventLoop: loop)
    timer = loop.scheduleTask(in: request.timeout) { bound.value.end(.failure(.timedOut)) }
    let (host, tls) = (request.host, request.usesTLS ? tls : nil)
    ClientBootstrap(group: loop)
      .connectTimeout(request.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler(host: host)) }
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(handler.value)
        }
      }
      .connect(host: host, port: request.port, on: loop)
      .whenComplete { result in
        switch result {
        case .success(let channel): bound.value.connected(channel)
        case .failure(let error):
          let text = ConnectionFailure.text(error)
          bound.value.end(.failure(ConnectionFailure.isOurs(error) ? .exhausted(text) : .cannotConnect(text)))
        }
      }
  }

  private static func head(of request: Request) -> HTTPRequestHead {
    let host = request.host.contains(":") ? "[\(request.host)]" : request.host
    var fields = [("host", "\(host):\(request.port)"), ("connection", "close")]
    if let body = request.body { fields.append(("content-length", String(body.readableBytes))) }
    return HTTPRequestHead(
      version: .http1_1, method: request.body == nil ? .GET : .POST, uri: request.path,
      headers: HTTPHeaders(fields + request.headers))
  }

  /// Gives the call up; nobody is told of it any more. Harmless when it has ended.
  public func cancel() {
    onSent = nil
    onEnd = nil
    letGo()
  }

  private func connected(_ channel: any Channel) {
    guard isUnderWay else { return channel.close(promise: nil) }
    self.channel = channel
  }

  /// Neither ended nor cancelled.
  fileprivate var isUnderWay: Bool { onEnd != nil }

  fileprivate func takeBody() -> ByteBuffer? {
    defer { body = nil }
    return body
  }

  fileprivate func sent() {
    let told = onSent
    onSent = nil
    told?()
  }

  fileprivate func end(_ result: Result<Answer, Failure>) {
    let told = onEnd
    onSent = nil
    onEnd = nil
    letGo()
    told?(result)
  }

  private func letGo() {
    body = nil
    timer?.cancel()
    timer = nil
    channel?.close(promise: nil)
    channel = nil
  }
}

/// Sends the request when the connection stands and collects its answer.
private final class EngineCallHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let call: EngineCall
  private let head: HTTPRequestHead
  private let kept: EngineCall.AnswerBody
  private var status = 0
  private var body = ByteBuffer()

  init(_ call: EngineCall, _ head: HTTPRequestHead, _ kept: EngineCall.AnswerBody) {
    self.call = call
    self.head = head
    self.kept = kept
  }

  func channelActive(context: ChannelHandlerContext) {
    guard call.isUnderWay else { return context.close(promise: nil) }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body = call.takeBody() { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    call.sent()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard call.isUnderWay else { return }
    switch unwrapInboundIn(data) {
    case .head(let head): status = Int(head.status.code)
    case .body(var part):
      guard case .kept(let limit, let hold) = kept else { return }
      if body.readableBytes + part.readableBytes > limit {
        fail(.bodyTooLarge(limit: limit), context)
      } else if !hold(part.readableBytes) {
        fail(.noRoom, context)
      } else {
        body.writeBuffer(&part)
      }
    case .end: call.end(.success(EngineCall.Answer(status: status, body: body)))
    }
  }

  func channelInactive(context: ChannelHandlerContext) { call.end(.failure(.closedEarly)) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(.broken(ConnectionFailure.text(error)), context)
  }

  private func fail(_ failure: EngineCall.Failure, _ context: ChannelHandlerContext) {
    call.end(.failure(failure))
    context.close(promise: nil)
  }
}
