import Fleet
import NIOCore

/// One sending of a request to one replica. Counts on that replica from its making to its end.
final class Attempt {
  /// Names it among the attempts of its loop.
  let id: Int
  let exchange: Exchange
  let placement: Placement
  let pool: EnginePool
  let startedAt: NIODeadline
  var connection: UpstreamConnection?
  /// Everything of the answer that went to the client is whole chunks.
  var isBetweenChunks = true
  private var isCounted = true

  /// - Precondition: the request was counted on the placement's replica when it was picked.
  init(id: Int, _ exchange: Exchange, on placement: Placement, pool: EnginePool) {
    self.id = id
    self.exchange = exchange
    self.placement = placement
    self.pool = pool
    startedAt = exchange.loop.time
  }

  /// The request no longer counts on the replica. Harmless when it does not.
  func release() {
    guard isCounted else { return }
    isCounted = false
    placement.replica.load.end()
  }

  /// Gives the attempt up: the engine stops generating when its connection closes.
  func cancel() {
    release()
    if let connection {
      self.connection = nil
      connection.cancel()
    } else {
      pool.waiterGone(self)
    }
  }
}
