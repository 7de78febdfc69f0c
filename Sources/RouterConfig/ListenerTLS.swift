/// How a listener speaks TLS: `listeners[].tls`.
///
/// Paths are ready to be opened: a relative one of the document has the document's folder in front, where the loader
/// was told the file by a path with one. The loader sees that the files are there; what is in them is checked by who
/// reads them.
public struct ListenerTLS: Sendable, Equatable {
  /// What is asked of clients.
  public enum ClientAuthentication: String, Sendable, CaseIterable {
    /// No certificate.
    case none
    /// A certificate that is shown must be good; none need be.
    case optional
    /// A good certificate.
    case require
  }

  /// The oldest version that clients may speak.
  public enum Version: String, Sendable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
  }

  /// The certificate and those between it and its root, PEM.
  public var certificateFile: String
  /// The certificate's private key, PEM.
  public var keyFile: String
  /// The roots that clients' certificates are verified with, PEM; nil only where ``clientAuthentication`` is none.
  public var clientCAFile: String?
  public var clientAuthentication: ClientAuthentication
  public var minimumVersion: Version
  /// ALPN, the most wanted first: `h2`, `http/1.1`. Empty offers none.
  public var applicationProtocols: [String]

  /// - Parameter clientAuthentication: nil requires a certificate where there is a `clientCAFile`, and asks for none
  ///   where there is not.
  public init(
    certificateFile: String, keyFile: String, clientCAFile: String? = nil,
    clientAuthentication: ClientAuthentication? = nil, minimumVersion: Version = .tls12,
    applicationProtocols: [String] = ListenerTLS.knownApplicationProtocols
  ) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.clientCAFile = clientCAFile
    self.clientAuthentication = clientAuthentication ?? (clientCAFile == nil ? .none : .require)
    self.minimumVersion = minimumVersion
    self.applicationProtocols = applicationProtocols
  }

  /// The protocols that a listener can speak; all are offered unless a document chooses.
  public static let knownApplicationProtocols = ["h2", "http/1.1"]
}
