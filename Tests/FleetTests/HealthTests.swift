import Fleet
import Reliability
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
  }

  @Test("a ready replica fails at the second failed probe in a row")
  func failing() {
    #expect(verdicts([.probeSucceeded, Self.failed, Self.failed]) == [.ready, .ready, .failing])
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

  // MARK: Probes and requests together

  private func fail(_ health: ReplicaHealth, _ count: Int, now: UInt64) -> ReplicaHealth.Verdict? {
    var told: ReplicaHealth.Verdict?
    for _ in 0..<count { told = health.handle(.requestFailed(reason: "reset"), now: now) ?? told }
    return told
  }

  @Test("whoever hands an event in is told of a change, once")
  func changes() {
    let health = ReplicaHealth()
    #expect(health.state == .unknown)
    #expect(health.handle(.probeSucceeded, now: 1) == .ready)
    #expect(health.handle(.probeSucceeded, now: 1) == nil)
    #expect(health.handle(.probeFailed(reason: "refused"), now: 1) == nil)
    #expect(health.state == .ready)
    #expect(health.lastFailure == nil)
    #expect(health.handle(.probeFailed(reason: "refused"), now: 1) == .failing)
    #expect(health.state == .failing)
    #expect(health.lastFailure == "refused")
    #expect(health.handle(.probeSucceeded, now: 1) == .ready)
  }

  @Test("three failed requests in a row eject, a good probe ends no ejection, time does")
  func ejection() {
    let health = ReplicaHealth()
    health.handle(.probeSucceeded, now: .seconds(1))
    #expect(fail(health, 2, now: .seconds(1)) == nil)
    #expect(fail(health, 1, now: .seconds(1)) == .ejected)
    #expect(health.lastFailure == "reset")
    #expect(health.handle(.probeSucceeded, now: .seconds(5)) == nil)
    #expect(health.state(at: .seconds(5)) == .ejected)
    // For the choice it is over at once, for the log at the next event.
    #expect(health.state(at: .seconds(6)) == .ready)
    #expect(health.state == .ejected)
    #expect(health.handle(.tick, now: .seconds(6)) == .ready)
    #expect(health.lastFailure == nil)
    #expect(health.slowStartFactor(at: .seconds(21)) == 0.55)
    #expect(health.slowStartFactor(at: .seconds(36)) == 1)
  }

  @Test("a replica that nobody has probed is ejected too, and unknown after")
  func unprobed() {
    let health = ReplicaHealth()
    #expect(fail(health, 3, now: .seconds(1)) == .ejected)
    #expect(health.handle(.tick, now: .seconds(6)) == .unknown)
  }

  @Test("failing probes hide an ejection, which goes on behind them")
  func both() {
    let health = ReplicaHealth()
    #expect(fail(health, 3, now: .seconds(1)) == .ejected)
    #expect(health.handle(.probeFailed(reason: "refused"), now: .seconds(2)) == .failing)
    #expect(health.lastFailure == "refused")
    #expect(health.state(at: .seconds(3)) == .failing)
    #expect(health.handle(.probeSucceeded, now: .seconds(3)) == .ejected)
    #expect(health.lastFailure == "reset")
    #expect(health.handle(.probeSucceeded, now: .seconds(6)) == .ready)
  }

  @Test("answers between two failed requests keep a replica ready")
  func successesInUse() {
    let health = ReplicaHealth()
    health.handle(.probeSucceeded, now: 1)
    for _ in 0..<10 {
      #expect(fail(health, 2, now: 1) == nil)
      health.handleSuccess(now: 1)
    }
    #expect(health.state == .ready)
  }

  @Test("an answer makes an unknown replica ready, leaves a failing one failing, and tells of an ejection's end")
  func answers() {
    let unknown = ReplicaHealth()
    #expect(unknown.handleSuccess(now: 1) == .ready)
    let failing = ReplicaHealth()
    failing.handle(.probeFailed(reason: "refused"), now: 1)
    #expect(failing.handleSuccess(now: 1) == nil)
    #expect(failing.state == .failing)
    let ejected = ReplicaHealth()
    ejected.handle(.probeSucceeded, now: 1)
    #expect(fail(ejected, 3, now: .seconds(1)) == .ejected)
    #expect(ejected.handleSuccess(now: .seconds(5)) == nil)
    #expect(ejected.handleSuccess(now: .seconds(6)) == .ready)
  }

  @Test("an outlier is ejected with its reason")
  func outlier() {
    let health = ReplicaHealth()
    #expect(health.handle(.foundOutlier(reason: "12 of 20 failed"), now: .seconds(1)) == .ejected)
    #expect(health.lastFailure == "12 of 20 failed")
  }

  @Test("settings read anew hold from the next ejection on")
  func applied() {
    let health = ReplicaHealth()
    let slowStart = SlowStart(window: .seconds(10), floor: 0.5)
    health.apply(.init(consecutiveFailures: 1, base: .seconds(2), slowStart: slowStart))
    #expect(fail(health, 1, now: .seconds(1)) == .ejected)
    #expect(health.state(at: .seconds(3)) == .unknown)
    #expect(health.slowStartFactor(at: .seconds(3)) == 0.5)
    #expect(health.slowStartFactor(at: .seconds(8)) == 0.75)
  }
}
