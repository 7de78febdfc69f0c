import Reliability
import Testing

@Suite("Ejecting a replica") struct EjectionMachineTests {
  private let second: UInt64 = .seconds(1)

  private func ejected(_ machine: inout EjectionMachine, at now: UInt64) -> UInt64? {
    var until: UInt64?
    for _ in 0..<3 { if case .eject(let end) = machine.requestFailed(now: now) { until = end } }
    return until
  }

  @Test("the third failure in a row ejects for five seconds, an answer between starts the row anew")
  func row() {
    var machine = EjectionMachine()
    #expect(machine.requestFailed(now: second) == .none)
    #expect(machine.requestFailed(now: second) == .none)
    #expect(machine.requestSucceeded(now: second) == .none)
    #expect(machine.requestFailed(now: second) == .none)
    #expect(machine.requestFailed(now: second) == .none)
    #expect(machine.requestFailed(now: second) == .eject(until: .seconds(6)))
    #expect(machine.state(at: second) == .ejected(until: .seconds(6)))
  }

  @Test("the n-th ejection lasts as documented, up to five minutes")
  func backOff() {
    let settings = EjectionMachine.Settings()
    #expect((1...8).map { settings.duration(ofEjection: $0) / second } == [5, 10, 20, 40, 80, 160, 300, 300])
    #expect(settings.duration(ofEjection: 64) == .seconds(300))
    #expect(settings.duration(ofEjection: .max) == .seconds(300))
    var machine = EjectionMachine()
    var now = second
    var lengths: [UInt64] = []
    for _ in 0..<9 {
      guard let until = ejected(&machine, at: now) else { break }
      lengths.append((until - now) / second)
      now = until
    }
    #expect(lengths == [5, 10, 20, 40, 80, 160, 300, 300, 300])
    #expect(machine.backOff == 7)
  }

  @Test("time alone ends an ejection, and failures meanwhile neither lengthen nor repeat it")
  func timeEnds() {
    var machine = EjectionMachine()
    #expect(ejected(&machine, at: second) == .seconds(6))
    for _ in 0..<10 { #expect(machine.requestFailed(now: .seconds(3)) == .none) }
    #expect(machine.requestSucceeded(now: .seconds(3)) == .none)
    #expect(machine.tick(now: .seconds(6) - 1) == .none)
    #expect(machine.tick(now: .seconds(6)) == .restore)
    #expect(machine.tick(now: .seconds(6)) == .none)
    #expect(machine.state(at: .seconds(6)) == .slowStart(since: .seconds(6)))
    #expect(machine.requestFailed(now: .seconds(6)) == .none)
    #expect(machine.requestFailed(now: .seconds(6)) == .none)
    #expect(machine.requestFailed(now: .seconds(6)) == .eject(until: .seconds(16)))
  }

  @Test("each healthy period as long as the last ejection takes one step back")
  func stepsDown() {
    var machine = EjectionMachine()
    #expect(ejected(&machine, at: .seconds(1)) == .seconds(6))
    #expect(ejected(&machine, at: .seconds(6)) == .seconds(16))
    #expect(ejected(&machine, at: .seconds(16)) == .seconds(36))
    #expect(machine.backOff == 3)
    _ = machine.tick(now: .seconds(55))
    #expect(machine.backOff == 3)
    _ = machine.tick(now: .seconds(56))
    #expect(machine.backOff == 2)
    _ = machine.tick(now: .seconds(1_000))
    #expect(machine.backOff == 0)
    #expect(ejected(&machine, at: .seconds(1_000)) == .seconds(1_005))
  }

  @Test("an outlier is ejected at once, but not twice")
  func outlier() {
    var machine = EjectionMachine()
    #expect(machine.ejectAsOutlier(now: second) == .eject(until: .seconds(6)))
    #expect(machine.ejectAsOutlier(now: second) == .none)
    #expect(machine.ejectAsOutlier(now: .seconds(6)) == .eject(until: .seconds(16)))
  }

  @Test("with no limit of failures in a row only outliers are ejected")
  func withoutRow() {
    var machine = EjectionMachine(settings: .init(consecutiveFailures: 0))
    for _ in 0..<100 { #expect(machine.requestFailed(now: second) == .none) }
  }

  @Test("the slow start grows as documented")
  func slowStart() {
    let slowStart = SlowStart()
    let factors = [0, 5, 10, 15, 20, 30, 40].map {
      (slowStart.factor(since: .seconds(100), now: .seconds(100 + $0)) * 100).rounded()
    }
    #expect(factors == [10, 25, 40, 55, 70, 100, 100])
    #expect(slowStart.factor(since: 0, now: 5) == 1)
    #expect(SlowStart(window: 0).factor(since: 5, now: 5) == 1)
    var machine = EjectionMachine()
    #expect(machine.factor(at: second) == 1)
    #expect(ejected(&machine, at: second) == .seconds(6))
    #expect(machine.factor(at: .seconds(21)) == 0.55)
    #expect(machine.factor(at: .seconds(36)) == 1)
    #expect(machine.state(at: .seconds(36)) == .serving)
  }

  @Test("a clock reading that is a little older does no harm")
  func olderReading() {
    var machine = EjectionMachine()
    _ = ejected(&machine, at: .seconds(10))
    #expect(machine.tick(now: .seconds(15)) == .restore)
    #expect(machine.tick(now: .seconds(14)) == .none)
    #expect(machine.requestFailed(now: .seconds(9)) == .none)
  }
}
