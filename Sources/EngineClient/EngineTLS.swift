import NIOCore
import NIOSSL
import Synchronization

/// How connections to engines are encrypted: TLS 1.2 or later, the host name verified, the system's trust roots and those
/// of one file more.
///
/// Reading the trust roots takes milliseconds and memory, so it is done when the first engine needs it. Safe from any
/// thread.
public final class EngineTLS: Sendable {
  private let trustFile: String?
  private let context = Mutex<NIOSSLContext?>(nil)

  /// Why trust roots cannot be used.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public var description: String
  }

  /// - Parameter trustFile: PEM certificates that are trusted beside the system's; nil for none. By OpenSSL's convention
  ///   it is named by the environment variable `SSL_CERT_FILE`.
  public init(trustFile: String?) { self.trustFile = trustFile }

  /// Reads the trust roots unless they are read.
  @discardableResult
  public func prepare() throws(Failure) -> NIOSSLContext {
    do {
      return try context.withLock { known in
        if let known { return known }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        // A connection is closed between requests, or because its answer is not wanted: an engine that does not answer the
        // farewell must still see its end at once.
        configuration.shutdownTimeout = .zero
        if let trustFile {
          configuration.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(trustFile))]
        }
        let new = try NIOSSLContext(configuration: configuration)
        known = new
        return new
      }
    } catch {
      let file = trustFile.map { "SSL_CERT_FILE names \($0): it " } ?? "the system's trust roots: they "
      throw Failure(description: "\(file)cannot be read as PEM certificates")
    }
  }

  /// A handler for one connection; the first in its pipeline.
  ///
  /// - Parameter host: the name that the engine's certificate must be for. An IP address must be in the certificate too.
  public func handler(host: String) throws -> NIOSSLClientHandler {
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    return try NIOSSLClientHandler(context: try prepare(), serverHostname: isAddress ? nil : host)
  }
}
