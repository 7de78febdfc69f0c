import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Testing

@testable import EngineSimulator

@Suite("HTTPS")
struct TLSTests {
  /// Tells which protocol the handshake agreed on; fails when there was no handshake.
  private final class HandshakeWatcher: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let negotiated: EventLoopPromise<String?>

    init(_ negotiated: EventLoopPromise<String?>) { self.negotiated = negotiated }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .handshakeCompleted(let name)? = event as? TLSUserEvent { negotiated.succeed(name) }
      context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) { negotiated.fail(ChannelError.eof) }
  }

  /// What a client saw of a TLS connection.
  private struct Exchange {
    var text = ""
    var negotiated: String?
  }

  /// Sends a request over TLS and gives what comes until the peer closes. The certificate must be issued by one of
  /// `trusted` and name the host, or the peer's address when `hostname` is nil.
  private func exchange(
    _ port: Int, _ request: String, trusted: [NIOSSLCertificate], hostname: String?, protocols: [String] = ["http/1.1"]
  ) async throws -> Exchange {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(trusted)
    configuration.applicationProtocols = protocols
    let context = try NIOSSLContext(configuration: configuration)
    return try await exchange(port, request) { try NIOSSLClientHandler(context: context, serverHostname: hostname) }
  }

  private func exchange(
    _ port: Int, _ request: String, _ handler: @escaping @Sendable () throws -> NIOSSLClientHandler
  ) async throws -> Exchange {
    let negotiated = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: String?.self)
    // Does nothing unless the connection failed before it had its handlers.
    defer { negotiated.fail(ChannelError.eof) }
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(handler(), HandshakeWatcher(negotiated))
          return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: request))
      var exchange = Exchange()
      for try await part in inbound { exchange.text += String(buffer: part) }
      exchange.negotiated = try await negotiated.futureResult.get()
      return exchange
    }
  }

  /// The certificate that a server shows, whoever signed it.
  private func presented(_ port: Int) async throws -> NIOSSLCertificate {
    let context = try NIOSSLContext(configuration: .makeClientConfiguration())
    let seen = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: NIOSSLCertificate?.self)
    do {
      _ = try await exchange(port, health) {
        try NIOSSLClientHandler(context: context, serverHostname: "localhost") { certificates, verified in
          seen.succeed(certificates.first)
          verified.succeed(.certificateVerified)
        }
      }
    } catch {
      seen.fail(error)
    }
    return try #require(await seen.futureResult.get())
  }

  private let health = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

  private func options() -> EngineSimulatorOptions {
    var options = EngineSimulatorOptions(model: "demo")
    options.host = "127.0.0.1"
    options.port = 0
    options.mode = .echo
    return options
  }

  @Test("an engine with a certificate answers over TLS, in HTTP/1.1 only, and not in plain text")
  func files() async throws {
    try await TestCertificate.withFolder { folder in
      var options = options()
      options.tls.certificateFile = try TestCertificate.write(TestCertificate.certificate, to: folder, "cert.pem")
      options.tls.keyFile = try TestCertificate.write(TestCertificate.key, to: folder, "key.pem")
      let engine = try await SimulatedEngine.start(options)
      let port = try #require(engine.ports.first)
      let trusted = [try NIOSSLCertificate(bytes: Array(TestCertificate.certificate.utf8), format: .pem)]
      let body = #"{"model":"demo","stream":true,"prompt":"a b"}"#
      let stream = try await exchange(
        port,
        "POST /v1/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
          + body, trusted: trusted, hostname: "localhost", protocols: ["h2", "http/1.1"])
      #expect(stream.text.hasPrefix("HTTP/1.1 200 OK\r\nserver: fasthttp\r\n"))
      #expect(stream.text.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
      #expect(stream.negotiated == "http/1.1")
      // A client that knows no ALPN, and verifies the address instead of a name.
      let plain = try await exchange(port, health, trusted: trusted, hostname: nil, protocols: [])
      #expect(plain.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(plain.negotiated == nil)
      let clear = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
          }
        }
      let answer = try await clear.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: health))
        var text = ""
        for try await part in inbound { text += String(buffer: part) }
        return text
      }
      #expect(!answer.contains("HTTP"))
      await engine.stop(grace: .zero)
    }
  }

  @Test("every data-parallel rank has the certificate")
  func ranks() async throws {
    try await TestCertificate.withFolder { folder in
      var options = options()
      options.dataParallelSize = 2
      options.tls.certificateFile = try TestCertificate.write(TestCertificate.certificate, to: folder, "cert.pem")
      options.tls.keyFile = try TestCertificate.write(TestCertificate.key, to: folder, "key.pem")
      let engine = try await SimulatedEngine.start(options)
      let expected = try NIOSSLCertificate(bytes: Array(TestCertificate.certificate.utf8), format: .pem)
      for port in engine.ports { #expect(try await presented(port) == expected) }
      #expect(engine.ports.count == 2)
      await engine.stop(grace: .zero)
    }
  }

  @Test(
    "a self-signed certificate verifies for localhost and 127.0.0.1, only for those who trust it",
    .enabled(if: SelfSignedCertificateTests.hasOpenSSL, "needs the openssl program"))
  func selfSigned() async throws {
    var options = options()
    options.tls.usesSelfSignedCertificate = true
    let engine = try await SimulatedEngine.start(options)
    let port = try #require(engine.ports.first)
    let certificate = try await presented(port)
    for name in ["localhost", nil] {
      let answer = try await exchange(port, health, trusted: [certificate], hostname: name)
      #expect(answer.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
    let other = try NIOSSLCertificate(bytes: Array(TestCertificate.certificate.utf8), format: .pem)
    // The handshake's error, or that of the write that came too late.
    await #expect(throws: (any Error).self) {
      _ = try await exchange(port, health, trusted: [other], hostname: "localhost")
    }
    await engine.stop(grace: .zero)
  }
}
