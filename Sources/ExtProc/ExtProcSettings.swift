import NIOCore

/// What the external processor decides, the names of the fields it sets, and its limits. The limit of a body is the
/// gateway's, `global.gateway.body_limit`.
public struct ExtProcSettings: Sendable {
  public var role: ProcessorRole
  /// The field, in lower case, from which an ORIGINAL_DST cluster takes the address of the replica.
  public var destinationHeader: String

  /// Streams, each an HTTP request, that one connection may have open; Envoy opens another connection for more.
  public var concurrentStreams = 10_000
  /// Connections, all event loops together; more are closed as they come.
  public var connectionLimit = 1_000
  /// Streams that a connection may begin or end against the rules of HTTP/2 before it is ended itself.
  public var malformedStreams = 10_000
  /// Bytes of a header list.
  public var headerListBytes = 64 << 10
  /// Bytes that a stream may send before they were read.
  public var streamWindow = 1 << 20
  /// Bytes that all streams of a connection may send before they were read.
  public var connectionWindow = 64 << 20
  /// Bytes of replies that wait on a stream before it is granted no window.
  public var queuedReplyBytes = 1 << 20
  /// Bytes of replies that wait on a connection before none of its streams is granted window.
  public var queuedConnectionBytes = 64 << 20
  /// Bytes of a message beyond the limit of a body: room for its framing and for header fields.
  public var messageOverhead = 256 << 10
  /// How long a new connection may take to speak HTTP/2, its TLS handshake included.
  public var handshakeTimeout: TimeAmount = .seconds(10)

  /// As ORIGINAL_DST clusters of gateways for models are usually told.
  public static let defaultDestinationHeader = "x-gateway-destination-endpoint"

  public init(role: ProcessorRole = .model, destinationHeader: String = Self.defaultDestinationHeader) {
    self.role = role
    self.destinationHeader = destinationHeader.lowercased()
  }
}
