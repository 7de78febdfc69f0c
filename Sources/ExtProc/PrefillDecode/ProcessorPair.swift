import Balancing
import ChatProtocols
import Gateway
import Pipeline
import Reliability

/// The pair that one request goes to, and the legs of it that the processor has in hand. Used from one loop.
final class ProcessorPair {
  let routed: RequestRouting.Routed
  let intent: RequestRouting.Intent
  /// The body's changes before those of the hand-over.
  let edits: RequestEdits
  let isLast: Bool
  /// Replicas on which a prefill failed.
  var tried = PrefillDecodePair.Tried()
  /// One pair is one attempt.
  var attempts: AttemptMachine
  private(set) var choice: ReplicaChooser.PairChoice?
  /// The prefill leg runs.
  private(set) var isPrefilling = false
  /// What became of the last one; nil while it runs.
  private(set) var span: PrefillSpan?
  private var sentAt: UInt64 = 0
  /// Gives the leg that was sent up; nil where none was.
  var giveUp: (() -> Void)?
  /// A replica was made to load the adapter anew, since its engine did not know it.
  var hasRenewedAdapter = false
  /// Set while the prefill waits for replicas that load the adapter: says that nobody waits for that any more.
  private var leaveLoading: (() -> Void)?
  /// The prefill is not sent yet.
  var waitsForAdapter: Bool { leaveLoading != nil }
  private var ownsDecode = false
  /// What is counted of the prefill's answer.
  private var heldBytes = 0
  private let scope: ProcessorScope

  init(
    _ routed: RequestRouting.Routed, _ intent: RequestRouting.Intent, edits: RequestEdits, isLast: Bool,
    scope: ProcessorScope
  ) {
    self.routed = routed
    self.intent = intent
    self.edits = edits
    self.isLast = isLast
    self.scope = scope
    attempts = AttemptMachine(attemptLimit: intent.policy.attempts)
  }

  func begin(_ choice: ReplicaChooser.PairChoice) {
    self.choice = choice
    attempts.attemptBegan()
    isPrefilling = true
    span = nil
    sentAt = scope.now
    ownsDecode = true
  }

  /// Hands over what counts on the decode replica.
  func takeDecode() -> ReplicaChooser.PairChoice? {
    guard ownsDecode else { return nil }
    ownsDecode = false
    return choice
  }

  /// Counts further bytes of the prefill's answer until that is over, if there is room for them.
  func hold(_ count: Int) -> Bool {
    guard scope.context.load.hold(bytes: count) else { return false }
    heldBytes += count
    return true
  }

  /// The prefill is not sent yet: replicas load the adapter first.
  ///
  /// - Parameter leave: says that nobody waits for that any more.
  func postpone(_ leave: @escaping () -> Void) {
    leaveLoading = leave
    choice?.prefillAccount.postponed()
  }

  /// The wait is over.
  func goOn() {
    leaveLoading?()
    leaveLoading = nil
    choice?.prefillAccount.sent(after: scope.now &- sentAt, now: scope.now)
    sentAt = scope.now
  }

  /// The prefill has been read to its end.
  func firstToken() { choice?.prefillAccount.firstToken(isStreamed: true, now: scope.now) }

  /// The prefill leg is over: the request no longer counts on its replica.
  func prefillEnded(_ outcome: PrefillOutcome) {
    guard isPrefilling else { return }
    isPrefilling = false
    scope.context.load.release(bytes: heldBytes)
    heldBytes = 0
    choice?.prefillAccount.settle(now: scope.now)
    // Of one that was not sent nothing is told.
    guard giveUp != nil else { return }
    giveUp = nil
    span = choice.map { PrefillSpan(replica: $0.prefill.name, nanoseconds: scope.now &- sentAt) }
    scope.metrics.prefillLegs(outcome).increment()
  }

  /// Gives up what runs. Harmless when nothing does.
  func end() {
    leaveLoading?()
    leaveLoading = nil
    giveUp?()
    prefillEnded(.abandoned)
    guard ownsDecode else { return }
    ownsDecode = false
    choice?.decodeAccount.settle(now: scope.now)
  }
}
