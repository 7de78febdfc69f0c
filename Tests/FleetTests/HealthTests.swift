import Fleet
import Testing

@Suite("Health of a replica") struct HealthTests {
  private static let failed = HealthMachine.Event.probeFailed(reason: "refused")

  private func verdicts(
    _ events: [HealthMachine.Event], _ thresholds: HealthMachine.Thresholds = .init()
  ) -> [HealthMachine.Verdict] {
    var machine = HealthMachine(thresholds: thresholds)
    return events.map { event in
      machine.handle(event)
      return machine.verdict
    }
  }

  @Test("a replica nobody has asked is unknown, and its first event decides")
  func first() {
    #expect(HealthMachine().verdict == .unknown)
    #expect(verdicts([.probeSucceeded]) == [.ready])
    #expect(verdicts([.requestSucceeded]) == [.ready])
    #expect(verdicts([Self.failed]) == [.failing])
    #expect(verdicts([.requestFailed(reason: "reset")]) == [.suspect])
  }

  @Test("a ready replica fails at the second failed probe in a row, and is suspect at the second failed request")
  func failing() {
    #expect(verdicts([.probeSucceeded, Self.failed, Self.failed]) == [.ready, .ready, .failing])
    #expect(
      verdicts([.probeSucceeded, .requestFailed(reason: "reset"), .requestFailed(reason: "reset")])
        == [.ready, .ready, .suspect])
    #expect(
      verdicts([.probeSucceeded, Self.failed, .requestFailed(reason: "reset")]) == [.ready, .ready, .suspect])
    #expect(
      verdicts([.probeSucceeded, .requestFailed(reason: "reset"), Self.failed]) == [.ready, .ready, .failing])
  }

  @Test("a failing replica is not bettered to suspect by a failed request, and a suspect one is cleared by its probe")
  func suspicion() {
    #expect(verdicts([Self.failed, .requestFailed(reason: "reset")]) == [.failing, .failing])
    #expect(
      verdicts([.requestFailed(reason: "reset"), .requestSucceeded, .probeSucceeded]) == [.suspect, .suspect, .ready])
  }

  @Test("answers between two failed requests keep a replica ready")
  func successesInUse() {
    let health = ReplicaHealth()
    health.handle(.probeSucceeded)
    for _ in 0..<10 {
      health.handle(.requestFailed(reason: "reset"))
      health.handleSuccess()
    }
    #expect(health.state == .ready)
  }

  @Test("a success between two failures makes the count start anew")
  func interrupted() {
    #expect(
      verdicts([.probeSucceeded, Self.failed, .probeSucceeded, Self.failed, .requestSucceeded, Self.failed])
        == [.ready, .ready, .ready, .ready, .ready, .ready])
  }

  @Test("a failing replica comes back by its probe, not by an answer to an old request")
  func recovery() {
    #expect(verdicts([Self.failed, .requestSucceeded, .probeSucceeded]) == [.failing, .failing, .ready])
  }

  @Test("with a threshold of two, successes must come in a row")
  func successes() {
    #expect(
      verdicts(
        [Self.failed, .probeSucceeded, Self.failed, .probeSucceeded, .probeSucceeded],
        .init(failures: 2, successes: 2)) == [.failing, .failing, .failing, .failing, .ready])
  }

  @Test("with a threshold of one, each failure counts; with three, the third")
  func failureThresholds() {
    #expect(verdicts([.probeSucceeded, Self.failed], .init(failures: 1)) == [.ready, .failing])
    #expect(
      verdicts([.probeSucceeded, Self.failed, Self.failed, Self.failed], .init(failures: 3))
        == [.ready, .ready, .ready, .failing])
  }

  @Test("the last failure is told while the replica is failing, and only then")
  func lastFailure() {
    var machine = HealthMachine()
    machine.handle(.probeSucceeded)
    machine.handle(.probeFailed(reason: "slow"))
    #expect(machine.lastFailure == nil)
    machine.handle(.probeFailed(reason: "reset"))
    #expect(machine.lastFailure == "reset")
    machine.handle(.probeFailed(reason: "refused"))
    #expect(machine.lastFailure == "refused")
    machine.handle(.probeSucceeded)
    #expect(machine.lastFailure == nil)
  }

  @Test("whoever hands an event in is told of a change, once")
  func changes() {
    let health = ReplicaHealth()
    #expect(health.state == .unknown)
    #expect(health.handle(.probeSucceeded) == .ready)
    #expect(health.handle(.probeSucceeded) == nil)
    #expect(health.handle(.probeFailed(reason: "refused")) == nil)
    #expect(health.state == .ready)
    #expect(health.lastFailure == nil)
    #expect(health.handle(.probeFailed(reason: "refused")) == .failing)
    #expect(health.state == .failing)
    #expect(health.lastFailure == "refused")
    #expect(health.handle(.probeSucceeded) == .ready)
  }

  @Test("an answer makes an unknown replica ready and leaves a failing one failing")
  func answers() {
    let unknown = ReplicaHealth()
    unknown.handleSuccess()
    #expect(unknown.state == .ready)
    let failing = ReplicaHealth()
    failing.handle(.probeFailed(reason: "refused"))
    failing.handleSuccess()
    #expect(failing.state == .failing)
  }
}
