import ChatProtocols
import Fleet
import NIOCore
import Pipeline

/// One sending of a request to one replica. Counts on that replica from its making to its end.
final class Attempt {
  /// Names it among the attempts of its loop.
  let id: Int
  let exchange: Exchange
  let placement: Placement
  /// Its replica's, as long as the attempt waits for a connection or has one.
  private(set) var pool: EnginePool
  /// When it was made, or its replica had loaded the adapter; of a prefill leg, when it was sent.
  private(set) var startedAt: NIODeadline
  var connection: UpstreamConnection?
  /// It had its pool open a connection.
  var hasOpened = false
  /// Leaves those who wait for the adapter that the replica loads; nil where nothing is waited for.
  private(set) var leaveLoading: (() -> Void)?
  /// Everything of the answer that went to the client is whole chunks.
  var isBetweenChunks = true
  private(set) var account: AttemptAccount
  /// Reads what the answer tells of its tokens.
  private var usage = UsageFinder()
  private var hasBody = false
  /// The leg of a pair whose answer is read here; that of any other attempt goes to the client as it comes.
  let isPrefill: Bool

  init(
    id: Int, _ exchange: Exchange, on placement: Placement, pool: EnginePool, account: AttemptAccount,
    isPrefill: Bool = false
  ) {
    self.isPrefill = isPrefill
    self.id = id
    self.exchange = exchange
    self.placement = placement
    self.pool = pool
    self.account = account
    startedAt = exchange.loop.time
  }

  /// Whether more of the answer is wanted at the moment.
  var takesBytes: Bool { isPrefill || exchange.client.takesBytes }
  /// Whether the answer's chunk framing is to stay around it.
  var takesChunkFraming: Bool { !isPrefill && exchange.takesChunkFraming }

  /// The replica loads the adapter first.
  ///
  /// - Parameter leave: says that nobody waits any more.
  func awaitsAdapter(_ leave: @escaping () -> Void) {
    leaveLoading = leave
    account.postponed()
  }

  /// The wait for the adapter is over.
  func adapterCame() {
    leaveLoading = nil
    // The one before may have been forgotten, since nobody waited in it.
    pool = exchange.loop.pool(placement.replica)
    let wait = exchange.loop.time - startedAt
    startedAt = exchange.loop.time
    account.sent(after: UInt64(max(0, wait.nanoseconds)), now: exchange.loop.now)
  }

  /// Its time begins anew: until now it has waited for a connection.
  func wasSent() { startedAt = exchange.loop.time }

  /// The request no longer counts on the replica. Harmless when it does not.
  ///
  /// - Parameter isWhole: a client's answer came to its end.
  func release(isWhole: Bool = false) {
    leaveLoading?()
    leaveLoading = nil
    account.settle(facts, isWhole: isWhole, now: exchange.loop.now)
  }

  /// Bytes of a sound answer's body have come, as the client gets them: with the framing of chunks where it gets that. A
  /// usage object that a chunk's end cuts is not read; engines write an event whole.
  func received(_ bytes: ByteBuffer, isEventStream: Bool) {
    if !hasBody {
      hasBody = true
      account.firstToken(isStreamed: isEventStream, now: exchange.loop.now)
    }
    bytes.withUnsafeReadableBytes { usage.append($0) }
  }

  /// The answer comes whole, and nothing of it is there.
  func presumePrefillOver() {
    if leaveLoading == nil { account.presumePrefillOver(now: exchange.loop.now) }
  }

  /// What the answer told of its tokens so far.
  var facts: AnswerFacts { AnswerFacts(usage.usage) }

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
