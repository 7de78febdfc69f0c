/// What browsers may let pages of other origins do with a listener: `listeners[].cors`, by the Fetch standard, section
/// 3.2 (CORS protocol).
public struct CORSPolicy: Sendable, Equatable {
  /// Origins such as `https://app.example.com`, in lower case, without the scheme's own port, as browsers send them; or
  /// `*` for all. Never empty.
  public var allowedOrigins: [String]
  public var allowedMethods: [String]
  /// Headers that requests may carry; `*` for all. With ``allowsCredentials`` browsers take `*` for the name of a
  /// header, so the answer must name those that the preflight asks for.
  public var allowedHeaders: [String]
  /// Headers of answers that pages may read; `*` for all, with the same exception.
  public var exposedHeaders: [String]
  /// Whether pages may send cookies and certificates; never with the origin `*`.
  public var allowsCredentials: Bool
  /// How long browsers may keep the answer to a preflight; whole microseconds, though the header counts in seconds.
  public var maxAge: Duration

  /// Whether pages of every origin are let in.
  public var allowsEveryOrigin: Bool { allowedOrigins.contains("*") }

  public init(
    allowedOrigins: [String], allowedMethods: [String] = ["GET", "POST", "OPTIONS"], allowedHeaders: [String] = ["*"],
    exposedHeaders: [String] = ["*"], allowsCredentials: Bool = false, maxAge: Duration = .seconds(600)
  ) {
    self.allowedOrigins = allowedOrigins
    self.allowedMethods = allowedMethods
    self.allowedHeaders = allowedHeaders
    self.exposedHeaders = exposedHeaders
    self.allowsCredentials = allowsCredentials
    self.maxAge = maxAge
  }
}
