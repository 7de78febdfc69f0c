/// An address that the built-in gateway listens on.
public struct Listener: Sendable, Equatable {
  public var name: String
  public var address: String
  public var port: Int
  /// The whole-request timeout of requests on this listener, in seconds; nil leaves the gateway's default.
  public var timeoutSeconds: Double?
  /// nil listens in clear text.
  public var tls: ListenerTLS?
  /// nil answers preflights like other requests and writes no CORS headers.
  public var cors: CORSPolicy?
  /// Whether the client's `forwarded` and `x-forwarded-*` headers are believed and added to, as behind another proxy;
  /// else they are replaced.
  public var trustsForwarded: Bool

  public init(
    name: String, address: String, port: Int, timeoutSeconds: Double? = nil, tls: ListenerTLS? = nil,
    cors: CORSPolicy? = nil, trustsForwarded: Bool = false
  ) {
    self.name = name
    self.address = address
    self.port = port
    self.timeoutSeconds = timeoutSeconds
    self.tls = tls
    self.cors = cors
    self.trustsForwarded = trustsForwarded
  }
}
