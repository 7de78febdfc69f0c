import NIOCore
import NIOHTTP1
import NIOPosix

/// Small requests to engines' control endpoints: health, models, metrics. The data path has its own pools.
///
/// One connection a request, closed after it. Safe from any thread.
public struct EngineHTTPClient: Sendable {
  public struct Answer: Sendable {
    public var status: Int
    public var body: ByteBuffer
  }

  public enum Failure: Error, Sendable, CustomStringConvertible {
    case cannotConnect(String)
    case timedOut
    case closedEarly
    case broken(String)
    case bodyTooLarge(limit: Int)

    public var description: String {
      switch self {
      case .cannotConnect(let reason): "cannot connect: \(reason)"
      case .timedOut: "no answer in time"
      case .closedEarly: "the connection closed before the answer was complete"
      case .broken(let reason): "the connection broke: \(reason)"
      case .bodyTooLarge(let limit): "the answer is larger than \(limit) bytes"
      }
    }
  }

  /// Bytes of an answer's body that are read at most.
  public static let bodyLimit = 8 << 20

  private let group: any EventLoopGroup
  private let tls: EngineTLS

  /// - Parameter tls: for engines that are asked over https.
  public init(group: any EventLoopGroup, tls: EngineTLS = EngineTLS(trustFile: nil)) {
    self.group = group
    self.tls = tls
  }

  /// - Parameter headers: sent beside `host`; may hold a credential.
  public func get(
    host: String, port: Int, usesTLS: Bool = false, path: String, headers: [(String, String)] = [],
    timeout: TimeAmount = .seconds(2)
  ) async throws -> Answer {
    let loop = group.next()
    let promise = loop.makePromise(of: Answer.self)
    let headerFields = HTTPHeaders(
      [("host", host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"), ("connection", "close")] + headers)
    let (tls, tlsHost) = (usesTLS ? tls : nil, host)
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(timeout)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler(host: tlsHost)) }
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(
            AnswerCollector(
              request: HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headerFields),
              promise: promise))
        }
      }
    let deadline = loop.scheduleTask(in: timeout) { promise.fail(Failure.timedOut) }
    let connecting = bootstrap.connect(host: host, port: port)
    connecting.whenFailure { promise.fail(Failure.cannotConnect(ConnectionFailure.text($0))) }
    promise.futureResult.whenComplete { _ in
      deadline.cancel()
      connecting.whenSuccess { $0.close(promise: nil) }
    }
    return try await promise.futureResult.get()
  }
}

/// Sends one request when the connection stands and collects its answer.
private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let request: HTTPRequestHead
  private let promise: EventLoopPromise<EngineHTTPClient.Answer>
  private var status = 0
  private var body = ByteBuffer()

  init(request: HTTPRequestHead, promise: EventLoopPromise<EngineHTTPClient.Answer>) {
    self.request = request
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(request)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = Int(head.status.code)
    case .body(var part):
      guard body.readableBytes + part.readableBytes <= EngineHTTPClient.bodyLimit else {
        promise.fail(EngineHTTPClient.Failure.bodyTooLarge(limit: EngineHTTPClient.bodyLimit))
        context.close(promise: nil)
        return
      }
      body.writeBuffer(&part)
    case .end: promise.succeed(EngineHTTPClient.Answer(status: status, body: body))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(EngineHTTPClient.Failure.closedEarly)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail((error as? IOError).map { EngineHTTPClient.Failure.broken(ConnectionFailure.text($0)) } ?? error)
    context.close(promise: nil)
  }
}
