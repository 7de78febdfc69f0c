import Reliability
import Testing

@Suite("Attempts of a request") struct AttemptMachineTests {
  private func begun(_ limit: Int = 3) -> AttemptMachine {
    var machine = AttemptMachine(attemptLimit: limit)
    machine.attemptBegan()
    return machine
  }

  private func fail(
    _ machine: inout AttemptMachine, _ failure: AttemptFailure, hasOther: Bool = true
  ) -> AttemptMachine.Action {
    var budget = RetryBudget()
    return machine.failed(failure, budget: &budget, hasOtherReplica: hasOther, now: 1)
  }

  @Test(
    "what another replica may be asked after",
    arguments: [
      .cannotConnect, .overflow, .closedBeforeAnswer, .malformedHead, .firstByteTimedOut, .refused(status: 500),
      .refused(status: 502), .refused(status: 503), .refused(status: 504),
    ] as [AttemptFailure])
  func retried(failure: AttemptFailure) {
    var machine = begun()
    #expect(fail(&machine, failure) == .retry)
  }

  @Test("an answer that says that nobody could serve the request is passed on", arguments: [501, 505, 529])
  func passedOn(status: Int) {
    var machine = begun()
    #expect(fail(&machine, .refused(status: status)) == .answer(status: status, reason: .notRetryable))
    #expect(fail(&machine, .cannotConnect) == .ignore)
  }

  @Test("the last failure decides the status")
  func statuses() {
    let cases: [(AttemptFailure, Int)] = [
      (.cannotConnect, 502), (.overflow, 503), (.closedBeforeAnswer, 502), (.malformedHead, 502),
      (.firstByteTimedOut, 504), (.refused(status: 503), 503), (.keptConnectionClosed, 502), (.brokeMidway, 502),
    ]
    for (failure, status) in cases { #expect(failure.status == status) }
    var machine = begun()
    #expect(fail(&machine, .firstByteTimedOut, hasOther: false) == .answer(status: 504, reason: .noOtherReplica))
  }

  @Test("three attempts and no more")
  func limit() {
    var machine = begun()
    #expect(fail(&machine, .cannotConnect) == .retry)
    machine.attemptBegan()
    #expect(fail(&machine, .cannotConnect) == .retry)
    machine.attemptBegan()
    #expect(fail(&machine, .closedBeforeAnswer) == .answer(status: 502, reason: .attemptLimit))
    #expect(machine.attempts == 3)
    var one = begun(0)
    #expect(fail(&one, .cannotConnect) == .answer(status: 502, reason: .attemptLimit))
  }

  @Test("a kept connection that turned out closed is not counted, once an attempt")
  func keptConnection() {
    var machine = begun(2)
    #expect(fail(&machine, .keptConnectionClosed, hasOther: false) == .retryOnFreshConnection)
    #expect(machine.attempts == 1)
    #expect(machine.underWay == 1)
    #expect(fail(&machine, .keptConnectionClosed) == .retry)
    machine.attemptBegan()
    #expect(fail(&machine, .keptConnectionClosed) == .retryOnFreshConnection)
    #expect(!AttemptFailure.keptConnectionClosed.countsAgainstReplica)
  }

  @Test("nothing is sent again after the first byte")
  func firstByte() {
    var machine = begun()
    machine.firstByteReceived()
    #expect(fail(&machine, .brokeMidway) == .breakOff)
    #expect(fail(&machine, .brokeMidway) == .ignore)
    var kept = begun()
    kept.firstByteReceived()
    #expect(fail(&kept, .keptConnectionClosed) == .breakOff)
  }

  @Test("no token is withdrawn for a retry that is not made, and none left means no retry")
  func budget() {
    var budget = RetryBudget(ratio: 0, reserve: 1)
    var first = begun()
    #expect(
      first.failed(.cannotConnect, budget: &budget, hasOtherReplica: false, now: 1)
        == .answer(status: 502, reason: .noOtherReplica))
    #expect(budget.balance(now: 1) == 1)
    var second = begun()
    #expect(second.failed(.cannotConnect, budget: &budget, hasOtherReplica: true, now: 1) == .retry)
    var third = begun()
    #expect(
      third.failed(.cannotConnect, budget: &budget, hasOtherReplica: true, now: 1)
        == .answer(status: 502, reason: .budget))
  }

  @Test("an overflow is sent on without a token: no engine got the request")
  func overflow() {
    var budget = RetryBudget(ratio: 0, reserve: 0)
    var machine = begun()
    #expect(machine.failed(.overflow, budget: &budget, hasOtherReplica: true, now: 1) == .retry)
    machine.attemptBegan()
    #expect(
      machine.failed(.cannotConnect, budget: &budget, hasOtherReplica: true, now: 1)
        == .answer(status: 502, reason: .budget))
  }

  @Test("a body that is gone cannot be sent again, not even on a fresh connection")
  func bodyGone() {
    var machine = begun()
    machine.bodyDiscarded()
    #expect(!machine.mayHedge)
    #expect(fail(&machine, .keptConnectionClosed) == .answer(status: 502, reason: .bodyGone))
  }

  @Test("with two copies under way the failure of one waits for the other")
  func hedged() {
    var machine = begun()
    #expect(machine.mayHedge)
    machine.attemptBegan()
    #expect(!machine.mayHedge)
    #expect(fail(&machine, .closedBeforeAnswer) == .awaitOther)
    #expect(fail(&machine, .closedBeforeAnswer) == .retry)
    machine.attemptBegan()
    machine.firstByteReceived()
    #expect(machine.underWay == 1)
    machine.ended()
    #expect(fail(&machine, .brokeMidway) == .ignore)
  }
}
