import HTTPWire
import NIOCore
import RouterConfig

/// Limits and times of the gateway. Every buffer, pool and wait has its bound here.
public struct GatewaySettings: Sendable {
  public var httpLimits = HTTPLimits()
  /// Clients' connections, all loops together; more are closed as they come.
  public var connectionLimit = 10_000
  /// The field, in lower case, by which clients say how readily their request is shed: `high`, `normal` or `low`.
  public var priorityHeader = "x-request-priority"
  /// How answers tell the replica.
  public var compatibility = AIBrixCompatibility.v04
  /// Bytes of a request body; more is a 413.
  public var bodyLimit = 64 << 20
  /// Bytes of an upload that is passed on as it comes; more is a 413.
  public var uploadLimit = 1 << 30
  /// From the first byte of a request to its last; a larger body gets a second more for each MiB.
  public var requestReadTimeout: TimeAmount = .seconds(60)
  /// How long a client's connection may stand without a request.
  public var clientIdleTimeout: TimeAmount = .seconds(75)
  /// How long a client may take no byte of an answer that waits for it.
  public var clientStallTimeout: TimeAmount = .minutes(5)
  /// How long a connection that was answered for the last time may go on sending before it is closed hard.
  public var lingerTimeout: TimeAmount = .seconds(2)
  /// Bytes written to a client that it has not taken; above, reading from its engine stops.
  public var clientBufferBytes = 64 << 10

  public init() {}

  /// What a document's `global.gateway` block says.
  public init(_ limits: GatewayLimits) {
    bodyLimit = limits.bodyLimit
    uploadLimit = limits.uploadLimit
    connectionLimit = limits.maxConnections
    priorityHeader = limits.priorityHeader
    compatibility = limits.compatibility
    clientIdleTimeout = limits.clientIdleTimeout.map { TimeAmount($0) } ?? .hours(24 * 365)
    requestReadTimeout = limits.requestReadTimeout.map { TimeAmount($0) } ?? .hours(24 * 365)
  }
}
