import NIOCore

/// Small requests to engines' control endpoints: health, models, metrics. The data path has its own pools.
///
/// One ``EngineCall`` a request. Safe from any thread.
public struct EngineHTTPClient: Sendable {
  public struct Answer: Sendable {
    public var status: Int
    public var body: ByteBuffer
  }

  public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case cannotConnect(String)
    /// This process has nothing left to connect with (``ConnectionFailure/isOurs(_:)``).
    case exhausted(String)
    case timedOut
    case closedEarly
    case broken(String)
    case bodyTooLarge(limit: Int)
    /// Whoever counts what is held has no room for the answer.
    case noRoom

    public var description: String {
      switch self {
      case .cannotConnect(let reason): "cannot connect: \(reason)"
      case .exhausted(let reason): "the gateway cannot open a connection: \(reason)"
      case .timedOut: "no answer in time"
      case .closedEarly: "the connection closed before the answer was complete"
      case .broken(let reason): "the connection broke: \(reason)"
      case .bodyTooLarge(let limit): "the answer is larger than \(limit) bytes"
      case .noRoom: "there is no room for the answer"
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
    try await ask(
      host: host, port: port, usesTLS: usesTLS, path: path, headers: headers, body: nil, timeout: timeout)
  }

  /// - Parameters:
  ///   - headers: as of ``get(host:port:usesTLS:path:headers:timeout:)``.
  ///   - json: the body.
  public func post(
    host: String, port: Int, usesTLS: Bool = false, path: String, headers: [(String, String)] = [], json: [UInt8],
    timeout: TimeAmount
  ) async throws -> Answer {
    try await ask(
      host: host, port: port, usesTLS: usesTLS, path: path, headers: headers + [("content-type", "application/json")],
      body: ByteBuffer(bytes: json), timeout: timeout)
  }

  private func ask(
    host: String, port: Int, usesTLS: Bool, path: String, headers: [(String, String)], body: ByteBuffer?,
    timeout: TimeAmount
  ) async throws -> Answer {
    let loop = group.next()
    let promise = loop.makePromise(of: Answer.self)
    loop.execute {
      let request = EngineCall.Request(
        host: host, port: port, usesTLS: usesTLS, path: path, headers: headers, body: body, connectTimeout: timeout,
        timeout: timeout, answer: .kept(limit: Self.bodyLimit, hold: { _ in true }))
      _ = EngineCall(
        request, on: loop, tls: tls, onSent: {},
        onEnd: { result in
          switch result {
          case .success(let answer): promise.succeed(answer)
          case .failure(let failure): promise.fail(failure)
          }
        })
    }
    return try await promise.futureResult.get()
  }
}
