import Balancing
import ChatProtocols
import Fleet
import NIOCore
import Pipeline

/// One routed request from its complete arrival to the end of its answer. Used from one loop.
final class Exchange {
  let id: RequestID
  let plan: RoutePlan
  /// Where it may go: fixed when it came, whatever is published later.
  let placements: [Placement]
  /// As the client sent it; let go of once an answer has begun, since nothing is sent again then.
  var body: ByteBuffer
  /// The client's path with its query.
  let target: String
  let startedAt: NIODeadline
  let wantsDebugHeaders: Bool
  unowned let client: ClientConnection
  var tried = ReplicaSet()
  var attempts = 0
  /// How the last attempt ended: what the client is told when no further replica is there.
  var lastFailure: (error: APIError, reason: String)?
  /// A kept connection turned out to be closed: others kept as long may be too.
  var needsFreshConnection = false
  private(set) var placement: Placement?
  var firstByteAt: NIODeadline?
  var status = 0
  var responseBytes = 0
  private var isCounted = false

  init(
    id: RequestID, plan: RoutePlan, placements: [Placement], body: ByteBuffer, target: String, startedAt: NIODeadline,
    wantsDebugHeaders: Bool,
    client: ClientConnection
  ) {
    self.id = id
    self.plan = plan
    self.placements = placements
    self.body = body
    self.target = target
    self.startedAt = startedAt
    self.wantsDebugHeaders = wantsDebugHeaders
    self.client = client
  }

  /// The request now counts on this placement's replica.
  func count(on placement: Placement) {
    precondition(!isCounted, "a request counts on one replica at a time")
    self.placement = placement
    isCounted = true
  }

  /// The request no longer counts on any replica. Harmless when it does not.
  func release() {
    guard isCounted else { return }
    isCounted = false
    placement?.replica.load.end()
  }
}
