import Balancing
import ChatProtocols
import Fleet
import HTTPWire
import JSONText
import NIOCore
import Pipeline

/// The two legs of one request that is prefilled on one replica and decoded on another: which pair it is, and how far the
/// prefill has come. Kept through all pairs that the request tries. Used from one loop; what happens to the legs is in
/// `Exchange+PrefillDecode.swift`.
///
/// Holds at most ``PrefillAnswer/byteLimit`` of a prefill's answer, counted among the bytes that the gateway holds.
final class PrefillDecodeLegs {
  /// A pair that was chosen. Its replicas count the request until each leg has ended.
  struct Pair {
    let prefill: Placement
    let decode: Placement
    let handOver: HandOver
    /// What each leg's body is made by, until the answer begins; the decode's is set once the prefill is done, where it
    /// needs that.
    var prefillEdits: RequestEdits?
    var decodeEdits: RequestEdits?
    /// Counts on the decode replica until the decode leg is sent and takes it over.
    var decodeAccount: AttemptAccount?
  }

  /// Replicas on which a leg failed, and the one that decodes now: no further leg goes there.
  var tried: PrefillDecodePair.Tried {
    var tried = failed
    if let decoding { tried.decode.insert(decoding) }
    return tried
  }
  private var failed = PrefillDecodePair.Tried()
  /// The replica that the decode leg was sent to.
  private var decoding: Int?
  /// nil before the first, and where the request went to one replica in the end.
  private(set) var pair: Pair?
  /// The prefill leg while it runs.
  private(set) var prefill: Attempt?
  /// What became of the pair's prefill leg; nil while it runs.
  private(set) var span: PrefillSpan?
  /// Of the prefill's answer.
  private(set) var status = 0
  /// The leg was begun anew because a kept connection turned out to be closed: that is not done twice.
  var hasFreshConnection = false
  private var refusal: (head: MessageHead, bytes: ByteBuffer)?
  private var answer = ByteBuffer()
  private var heldBytes = 0
  private let loop: GatewayLoop

  init(loop: GatewayLoop) { self.loop = loop }

  /// Takes the next pair; that before it must have been ended.
  func begin(_ pair: Pair, prefill: Attempt) {
    self.pair = pair
    self.prefill = prefill
    span = nil
    status = 0
    refusal = nil
    hasFreshConnection = false
  }

  /// The body's changes for one of the pair's replicas; nil for any other.
  func splices(for placement: Placement, of plan: RoutePlan, on body: UnsafeRawBufferPointer) -> ByteSplices? {
    guard let pair else { return nil }
    let edits = placement === pair.prefill ? pair.prefillEdits : placement === pair.decode ? pair.decodeEdits : nil
    guard let edits else { return nil }
    return plan.splices(of: edits, for: placement, on: body)
  }

  func answerBegan(_ head: MessageHead, _ bytes: ByteBuffer) {
    status = head.status
    // Only what the prefill refuses is told to the client.
    refusal = head.status < 300 ? nil : (head, bytes)
  }

  /// The head of the prefill's answer, where that is a refusal.
  func takeHead() -> (head: MessageHead, bytes: ByteBuffer)? {
    defer { refusal = nil }
    return refusal
  }

  enum Keeping {
    case kept
    case tooLarge
    /// The gateway holds as much as it may.
    case noRoom
  }

  /// Keeps a piece of the prefill's answer.
  func keep(_ bytes: ByteBuffer) -> Keeping {
    guard answer.readableBytes + bytes.readableBytes <= PrefillAnswer.byteLimit else { return .tooLarge }
    guard loop.context.load.hold(bytes: bytes.readableBytes) else { return .noRoom }
    heldBytes += bytes.readableBytes
    answer.writeImmutableBuffer(bytes)
    return .kept
  }

  /// Hands over what was kept of the answer. It goes on to count, since the decode leg's body is made of it.
  func takeAnswer() -> ByteBuffer {
    defer { answer = ByteBuffer() }
    return answer
  }

  /// The client has the head of an answer: no body is made any more. What the decode's is made by may be as large as a
  /// prefill's answer.
  func letBodiesGo() {
    letAnswerGo()
    pair?.prefillEdits = nil
    pair?.decodeEdits = nil
  }

  /// The decode leg's body is known.
  func decodes(by edits: RequestEdits) { pair?.decodeEdits = edits }

  /// The decode leg takes over what counts on its replica.
  func takeDecodeAccount() -> AttemptAccount? {
    guard let account = pair?.decodeAccount else { return nil }
    pair?.decodeAccount = nil
    decoding = account.replica.id
    return account
  }

  /// The prefill leg is over: the request no longer counts on its replica.
  func prefillEnded(_ outcome: PrefillOutcome) {
    noteSpan()
    prefill?.release()
    prefill = nil
    loop.context.metrics.prefillLegs(outcome).increment()
  }

  /// Gives up what runs of the pair but the decode leg: the prefill engine stops when its connection closes. Harmless when
  /// nothing does.
  ///
  /// - Parameter outcome: nil for a leg that was not sent.
  func end(_ outcome: PrefillOutcome? = .abandoned) {
    letAnswerGo()
    pair?.decodeAccount?.settle(now: loop.now)
    pair?.decodeAccount = nil
    guard let prefill else { return }
    // Of one that waits for its adapter nothing was sent either, so there is nothing to tell of.
    let outcome = prefill.leaveLoading == nil ? outcome : nil
    if outcome != nil { noteSpan() }
    self.prefill = nil
    prefill.cancel()
    if let outcome { loop.context.metrics.prefillLegs(outcome).increment() }
  }

  /// The prefill leg failed: another is not sent to that replica, while the one that was to decode is not to blame.
  func prefillFailed(_ outcome: PrefillOutcome) {
    if let prefill { failed.prefill.insert(prefill.placement.replica.id) }
    prefillEnded(outcome)
    decoding = nil
  }

  /// Leaves the pair, because its decode leg failed or it has none any more.
  ///
  /// - Parameter outcome: as of ``end(_:)``.
  func leave(_ outcome: PrefillOutcome? = .abandoned) {
    end(outcome)
    failed = tried
    decoding = nil
    pair = nil
    span = nil
  }

  /// Leaves a pair before its decode leg has done anything wrong.
  ///
  /// - Parameters:
  ///   - placement: of the replica that no leg is to be sent to any more; nil for none.
  ///   - outcome: as of ``end(_:)``.
  func leave(blaming placement: Placement?, _ outcome: PrefillOutcome? = .abandoned) {
    if let placement, let pair {
      if placement === pair.prefill { failed.prefill.insert(placement.replica.id) }
      if placement === pair.decode { failed.decode.insert(placement.replica.id) }
    }
    decoding = nil
    leave(outcome)
  }

  private func noteSpan() {
    guard let prefill else { return }
    let elapsed = max(0, (loop.time - prefill.startedAt).nanoseconds)
    span = PrefillSpan(replica: prefill.placement.name, nanoseconds: UInt64(elapsed))
  }

  private func letAnswerGo() {
    answer = ByteBuffer()
    guard heldBytes > 0 else { return }
    loop.context.load.release(bytes: heldBytes)
    heldBytes = 0
  }
}
