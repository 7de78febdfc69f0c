import HTTPWire
import NIOCore

/// Limits and times of the gateway. Every buffer, pool and wait has its bound here.
public struct GatewaySettings: Sendable {
  public var httpLimits = HTTPLimits()
  /// Bytes of a request body; more is a 413.
  public var bodyLimit = 64 << 20
  /// Replicas that one request is sent to at most, the first included.
  public var attemptLimit = 3
  public var connectTimeout: TimeAmount = .seconds(5)
  /// From the request sent to the first byte of the answer: a long prompt's prefill takes its time.
  public var firstByteTimeout: TimeAmount = .minutes(10)
  /// Between two reads of an answer.
  public var streamIdleTimeout: TimeAmount = .minutes(5)
  /// From the first byte of a request to its last; a larger body gets a second more for each MiB.
  public var requestReadTimeout: TimeAmount = .seconds(60)
  /// How long a client's connection may stand without a request.
  public var clientIdleTimeout: TimeAmount = .seconds(75)
  /// How long a client may take no byte of an answer that waits for it.
  public var clientStallTimeout: TimeAmount = .minutes(5)
  /// How long a connection that was answered for the last time may go on sending before it is closed hard.
  public var lingerTimeout: TimeAmount = .seconds(2)
  /// How long an engine's connection is kept for reuse; below the usual 60 s and more of engines' own limits.
  public var upstreamIdleTimeout: TimeAmount = .seconds(50)
  /// Connections kept for reuse, a replica and event loop.
  public var idleConnectionsPerReplica = 256
  /// Bytes written to a client that it has not taken; above, reading from its engine stops.
  public var clientBufferBytes = 64 << 10
  /// How long running requests may go on after the gateway was asked to stop.
  public var drainTimeout: TimeAmount = .seconds(30)

  public init() {}
}
