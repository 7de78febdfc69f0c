/// What the gateway takes on and keeps at most, whatever the model, and where more of its fleet is told: `global.gateway`.
///
/// Durations are whole microseconds of at most a year; nil is no limit.
public struct GatewayLimits: Sendable, Equatable {
  /// Requests of clients in flight; beyond a share of it that grows with their priority they are shed. 1 or more.
  public var maxRequests: Int
  /// Bytes of requests held in memory, all together; shed alike. At least ``bodyLimit``.
  public var maxBufferedBytes: Int
  /// Clients' connections; 1 or more.
  public var maxConnections: Int
  /// Bytes of one request's body; more is a 413. 1 or more.
  public var bodyLimit: Int
  /// Bytes of one upload that is passed on as it comes; more is a 413. 1 or more.
  public var uploadLimit: Int
  /// How long running requests may go on after the gateway was asked to stop; zero ends them at once.
  public var drainTimeout: Duration
  /// How long a client's connection may stand without a request.
  public var clientIdleTimeout: Duration?
  /// From the first byte of a request to its last.
  public var requestReadTimeout: Duration?
  /// The header, in lower case, by which a client says a request's priority: `high`, `normal` or `low`.
  public var priorityHeader: String
  /// The generation of AIBrix's gateway whose answers' fields tell the replica.
  public var compatibility: AIBrixCompatibility
  /// The status of requests for a model that is not there: 400, as the semantic router and AIBrix have it, or 404, as OpenAI.
  public var unknownModelStatus: Int
  /// Blocks of prompts that the index of what replicas have cached remembers, all models together.
  public var prefixBlocks: Int
  /// The path of an endpoints file (``EndpointsDocument``) whose engines join the document's; nil when there is none.
  public var endpointsFile: String?
  /// Where users are kept (`users.file`); nil counts nobody's requests.
  public var usersFile: String?
  /// The environment variable of the token that the users API asks for (`users.token_env`); nil asks for none.
  public var usersTokenVariable: String?

  public init(
    maxRequests: Int = 10_000, maxBufferedBytes: Int = 1 << 30, maxConnections: Int = 10_000,
    bodyLimit: Int = 64 << 20, uploadLimit: Int = 1 << 30, drainTimeout: Duration = .seconds(30),
    clientIdleTimeout: Duration? = .seconds(75), requestReadTimeout: Duration? = .seconds(60),
    priorityHeader: String = "x-request-priority", compatibility: AIBrixCompatibility = .v04,
    unknownModelStatus: Int = 400, prefixBlocks: Int = 1_000_000, endpointsFile: String? = nil,
    usersFile: String? = nil, usersTokenVariable: String? = nil
  ) {
    self.maxRequests = maxRequests
    self.maxBufferedBytes = maxBufferedBytes
    self.maxConnections = maxConnections
    self.bodyLimit = bodyLimit
    self.uploadLimit = uploadLimit
    self.drainTimeout = drainTimeout
    self.clientIdleTimeout = clientIdleTimeout
    self.requestReadTimeout = requestReadTimeout
    self.priorityHeader = priorityHeader
    self.compatibility = compatibility
    self.unknownModelStatus = unknownModelStatus
    self.prefixBlocks = prefixBlocks
    self.endpointsFile = endpointsFile
    self.usersFile = usersFile
    self.usersTokenVariable = usersTokenVariable
  }
}
