import Reliability
import Testing

@Suite("Draining") struct DrainMachineTests {
  @Test("streams finish, then the process exits")
  func finishes() {
    var drain = DrainMachine()
    #expect(drain.connectionsLeft(0) == .none)
    #expect(drain.tick(now: .seconds(1_000)) == .none)
    #expect(drain.stopRequested(now: .seconds(5)) == .stopAccepting(until: .seconds(35)))
    #expect(drain.state == .draining(until: .seconds(35)))
    #expect(drain.connectionsLeft(2) == .none)
    #expect(drain.tick(now: .seconds(34)) == .none)
    #expect(drain.connectionsLeft(0) == .exit)
    #expect(drain.state == .stopped)
    #expect(drain.connectionsLeft(0) == .none)
    #expect(drain.tick(now: .seconds(99)) == .none)
  }

  @Test("what has not finished in time is cut")
  func cut() {
    var drain = DrainMachine(limit: .seconds(2))
    #expect(drain.stopRequested(now: .seconds(1)) == .stopAccepting(until: .seconds(3)))
    #expect(drain.connectionsLeft(7) == .none)
    #expect(drain.tick(now: .seconds(3)) == .abandon(connections: 7))
    #expect(drain.tick(now: .seconds(3)) == .none)
  }

  @Test("asked twice, it exits at once")
  func twice() {
    var drain = DrainMachine(limit: .max)
    #expect(drain.stopRequested(now: .seconds(1)) == .stopAccepting(until: .max))
    #expect(drain.stopRequested(now: .seconds(1)) == .exitAtOnce)
    #expect(drain.stopRequested(now: .seconds(1)) == .exitAtOnce)
    #expect(drain.state == .stopped)
  }
}
