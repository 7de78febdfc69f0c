import NIOCore
import NIOHTTP1
import NIOPosix

/// One POST to an engine over a connection of its own, which can be given up: the engine stops when its connection closes.
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
    public var body: [UInt8]
    /// For the connection, and from the start to the end of the answer.
    public var connectTimeout: TimeAmount
    public var timeout: TimeAmount
    /// Bytes of the answer's body that are read at most.
    public var answerLimit: Int

    public init(
      host: String, port: Int, usesTLS: Bool, path: String, headers: [(String, String)], body: [UInt8],
      connectTimeout: TimeAmount, timeout: TimeAmount, answerLimit: Int
    ) {
      self.host = host
      self.port = port
      self.usesTLS = usesTLS
      self.path = path
      self.headers = headers
      self.body = body
      self.connectTimeout = connectTimeout
      self.timeout = timeout
      self.answerLimit = answerLimit
    }
  }

  private var channel: (any Channel)?
  private var timer: Scheduled<Void>?
  private var onSent: (() -> Void)?
  private var onEnd: ((Result<Answer, Failure>) -> Void)?

  /// - Parameters:
  ///   - loop: where this is called, and both closures are.
  ///   - onSent: called when the request has been written.
  ///   - onEnd: called once, later, unless the call is cancelled.
  public init(
    _ request: Request, on loop: any EventLoop, tls: EngineTLS, onSent: @escaping () -> Void,
    onEnd: @escaping (Result<Answer, Failure>) -> Void
  ) {
    self.onSent = onSent
    self.onEnd = onEnd
    let bound = NIOLoopBound(self, eventLoop: loop)
    let input = NIOLoopBound(request, eventLoop: loop)
    timer = loop.scheduleTask(in: request.timeout) { bound.value.end(.failure(.timedOut)) }
    ClientBootstrap(group: loop)
      .connectTimeout(request.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let request = input.value
          if request.usesTLS { try channel.pipeline.syncOperations.addHandler(tls.handler(host: request.host)) }
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(EngineCallHandler(bound.value, request))
        }
      }
      .connect(host: request.host, port: request.port)
      .whenComplete { result in
        switch result {
        case .success(let channel): bound.value.connected(channel)
        case .failure(let error): bound.value.end(.failure(.cannotConnect(ConnectionFailure.text(error))))
        }
      }
  }

  /// Gives the call up; nobody is told of it any more. Harmless when it has ended.
  public func cancel() {
    onSent = nil
    onEnd = nil
    letGo()
  }

  private func connected(_ channel: any Channel) {
    guard onEnd != nil else { return channel.close(promise: nil) }
    self.channel = channel
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
  private let request: EngineCall.Request
  private var status = 0
  private var body = ByteBuffer()

  init(_ call: EngineCall, _ request: EngineCall.Request) {
    self.call = call
    self.request = request
  }

  func channelActive(context: ChannelHandlerContext) {
    let host = request.host.contains(":") ? "[\(request.host)]" : request.host
    let headers = HTTPHeaders(
      [
        ("host", "\(host):\(request.port)"), ("content-length", String(request.body.count)), ("connection", "close"),
      ] + request.headers)
    context.write(
      wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: request.path, headers: headers))),
      promise: nil)
    context.write(
      wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: request.body)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    call.sent()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = Int(head.status.code)
    case .body(var part):
      guard body.readableBytes + part.readableBytes <= request.answerLimit else {
        call.end(.failure(.bodyTooLarge(limit: request.answerLimit)))
        return context.close(promise: nil)
      }
      body.writeBuffer(&part)
    case .end: call.end(.success(EngineCall.Answer(status: status, body: body)))
    }
  }

  func channelInactive(context: ChannelHandlerContext) { call.end(.failure(.closedEarly)) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    call.end(.failure(.broken((error as? IOError).map { ConnectionFailure.text($0) } ?? "\(error)")))
    context.close(promise: nil)
  }
}
