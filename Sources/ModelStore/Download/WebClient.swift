import EngineClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Asks web servers for files: HTTP/1.1, one connection a request, TLS verified, redirects followed, proxies used.
///
/// A connection must stand within 10 s, its name looked up included, and is given up when nothing comes for 30 s. At
/// most 5 redirects are followed, none from https to http. Safe from any thread.
public struct WebClient: Sendable {
  public struct Limits: Sendable {
    public var connect = TimeAmount.seconds(10)
    public var silence = TimeAmount.seconds(30)
    public var redirects = 5

    public init() {}
  }

  private let group: any EventLoopGroup
  private let tls: EngineTLS
  private let proxies: ProxySettings
  private let limits: Limits

  public init(group: any EventLoopGroup, tls: EngineTLS, proxies: ProxySettings, limits: Limits = Limits()) {
    self.group = group
    self.tls = tls
    self.proxies = proxies
    self.limits = limits
  }

  typealias Parts = NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

  /// Asks for `address` and hands the last answer over, head first: `body` takes the parts behind it at its own speed.
  ///
  /// - Throws: `DownloadFailure`, or what `body` throws.
  func get<Value: Sendable>(
    _ address: WebAddress, headers: [(String, String)],
    _ body: @Sendable (WebAddress, HTTPResponseHead, inout Parts) async throws -> Value
  ) async throws -> Value {
    var address = address
    for _ in 0...limits.redirects {
      switch try await ask(address, headers: headers, body) {
      case .done(let value): return value
      case .redirect(let location):
        let next: WebAddress
        do {
          next = try address.resolving(location)
        } catch {
          throw DownloadFailure.refused("is redirected to what is no http:// or https:// address")
        }
        guard next.isSecure || !address.isSecure else {
          throw DownloadFailure.refused("is redirected from https to \(next), which is not encrypted")
        }
        address = next
      }
    }
    throw DownloadFailure.refused("is redirected more than \(limits.redirects) times")
  }

  private enum Step<Value: Sendable>: Sendable {
    case done(Value)
    case redirect(String)
  }

  private func ask<Value: Sendable>(
    _ address: WebAddress, headers: [(String, String)],
    _ body: @Sendable (WebAddress, HTTPResponseHead, inout Parts) async throws -> Value
  ) async throws -> Step<Value> {
    let proxy = proxies.proxy(for: address)
    var fields = HTTPHeaders([
      ("host", address.authority), ("connection", "close"), ("user-agent", "switchyard"),
      ("accept-encoding", "identity"),
    ])
    fields.add(contentsOf: headers)
    if let credential = address.credential { fields.add(name: "authorization", value: credential) }
    var target = address.target
    if let proxy, !address.isSecure {
      target = "http://\(address.authority)\(address.target)"
      if let credential = proxy.credential { fields.add(name: "proxy-authorization", value: credential) }
    }
    let request = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: fields)
    let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    do {
      channel = try await connect(address, proxy: proxy)
    } catch let failure as EngineTLS.Failure {
      throw DownloadFailure.refused("cannot be asked: \(failure.description)")
    } catch {
      let place = proxy.map { " to the proxy \($0)" } ?? ""
      throw DownloadFailure.broken("cannot connect\(place): \(ConnectionFailure.text(error))")
    }
    do {
      return try await channel.executeThenClose { inbound, outbound in
        // At once: a server may answer to the head and close before an end that is written behind it.
        try await outbound.write(contentsOf: [.head(request), .end(nil)])
        var parts = inbound.makeAsyncIterator()
        while let part = try await parts.next() {
          guard case .head(let head) = part else { continue }
          switch head.status.code {
          case 100..<200: continue
          case 301, 302, 303, 307, 308:
            guard let location = head.headers.first(name: "location") else {
              throw DownloadFailure.refused("is redirected to nowhere")
            }
            return .redirect(location)
          case 404, 410: throw DownloadFailure.notFound
          case 429, 500...: throw DownloadFailure.broken("the server answers \(head.status)")
          default: return .done(try await body(address, head, &parts))
          }
        }
        throw DownloadFailure.broken("the connection closed without an answer")
      }
    } catch let failure as DownloadFailure {
      throw failure
    } catch let failure as ModelStoreError {
      throw failure
    } catch let failure as CancellationError {
      throw failure
    } catch let failure as HTTPParserError where failure == .invalidEOFState {
      throw DownloadFailure.broken("the connection closed before all had come")
    } catch {
      throw DownloadFailure.broken(ConnectionFailure.text(error))
    }
  }

  private func connect(
    _ address: WebAddress, proxy: WebAddress?
  ) async throws -> NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart> {
    let (tls, silence) = (tls, limits.silence)
    return try await ClientBootstrap(group: group.next())
      .connectTimeout(limits.connect)
      .connect(host: proxy?.host ?? address.host, port: proxy?.port ?? address.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(IdleStateHandler(readTimeout: silence))
          if address.isSecure {
            if let proxy { try pipeline.addHandler(ProxyTunnel(to: address, proxy: proxy)) }
            try pipeline.addHandler(tls.handler(host: address.host))
          }
          try pipeline.addHTTPClientHandlers()
          try pipeline.addHandler(SilenceLimit())
          return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
        }
      }
  }
}
