import Fleet
import NIOCore

/// One sending of a request to one replica. Counts on that replica from its making to its end.
final class Attempt {
  let exchange: Exchange
  let placement: Placement
  var connection: UpstreamConnection?
  /// Everything of the answer that went to the client is whole chunks.
  var isBetweenChunks = true
  private var isCounted = true

  /// - Precondition: the request was counted on the placement's replica when it was picked.
  init(_ exchange: Exchange, on placement: Placement) {
    self.exchange = exchange
    self.placement = placement
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
    let connection = connection
    self.connection = nil
    connection?.cancel()
  }
}
