import NIOCore
import RouterConfig

/// What holds for the requests of one listener.
public final class ListenerContext: Sendable {
  /// For logs and metrics.
  public let name: String
  /// The longest that a whole request may take; nil for no limit.
  public let requestTimeout: TimeAmount?
  /// Whether `x-forwarded-*` and `forwarded` of clients are believed and added to, or replaced.
  public let trustsForwarded: Bool

  /// Whether clients speak TLS here.
  public let isEncrypted: Bool

  /// How scripts of other origins may ask here; nil for no CORS headers.
  public let cors: CORSPolicy?

  public init(
    name: String = "http", requestTimeout: TimeAmount? = nil, trustsForwarded: Bool = false, isEncrypted: Bool = false,
    cors: CORSPolicy? = nil
  ) {
    self.cors = cors
    self.name = name
    self.isEncrypted = isEncrypted
    self.requestTimeout = requestTimeout
    self.trustsForwarded = trustsForwarded
  }
}
