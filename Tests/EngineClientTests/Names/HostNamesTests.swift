import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import EngineClient

@Suite("Addresses of host names")
struct HostNamesTests {
  /// Look-ups that run when the test says so.
  private final class Bench: Sendable {
    struct State {
      var now = NIODeadline.uptimeNanoseconds(1_000)
      var answers: [String: Result<[SocketAddress], HostNames.Failure>] = [:]
      var asked: [String] = []
      var started: [@Sendable () -> Void] = []
      var told: [String] = []
    }

    let state = Mutex(State())

    var names: HostNames {
      HostNames(
        lookUp: { [self] host in
          state.withLock { state in
            state.asked.append(host)
            return state.answers[host] ?? .failure(HostNames.Failure(reason: "no server answers", isGone: false))
          }
        },
        start: { [self] run in state.withLock { $0.started.append(run) } },
        now: { [self] in state.withLock { $0.now } })
    }

    var asked: [String] { state.withLock { $0.asked } }
    var told: [String] { state.withLock { $0.told } }
    var started: Int { state.withLock { $0.started.count } }

    func pass(_ time: TimeAmount) { state.withLock { $0.now = $0.now + time } }

    /// - Parameter addresses: with spaces between; nil for none.
    func answer(_ host: String, _ addresses: String?, isGone: Bool = false) {
      let found = addresses?.split(separator: " ").compactMap { try? SocketAddress(ipAddress: String($0), port: 0) }
      state.withLock { state in
        state.answers[host] =
          found.map { .success($0) } ?? .failure(HostNames.Failure(reason: "gone", isGone: isGone))
      }
    }

    func run() {
      while let next = state.withLock({ $0.started.isEmpty ? nil : $0.started.removeFirst() }) { next() }
    }

    func ask(_ names: HostNames, _ host: String, anew: Bool = false) {
      names.addresses(of: host, anew: anew) { [self] result in
        let text =
          switch result {
          case .success(let addresses): addresses.map { $0.ipAddress ?? "?" }.joined(separator: " ")
          case .failure(let failure): failure.reason
          }
        state.withLock { $0.told.append("\(host) \(text)") }
      }
    }
  }

  private let bench = Bench()
  private let names: HostNames

  init() { names = bench.names }

  /// Asks for a name whose look-up ends at once.
  private func askAndRun(_ host: String, anew: Bool = false) {
    bench.ask(names, host, anew: anew)
    bench.run()
  }

  @Test("an address is nobody's to look up")
  func addresses() {
    bench.ask(names, "10.0.0.1")
    bench.ask(names, "::1")
    #expect(bench.told == ["10.0.0.1 10.0.0.1", "::1 ::1"])
    #expect(bench.started == 0)
  }

  @Test("those who ask for a name together wait for one look-up, and for no other name's")
  func together() {
    bench.answer("a.test", "10.0.0.1")
    bench.answer("b.test", "10.0.0.2")
    for host in ["a.test", "a.test", "b.test"] { bench.ask(names, host) }
    #expect(bench.told.isEmpty)
    #expect(bench.started == 2)
    bench.run()
    #expect(bench.told == ["a.test 10.0.0.1", "a.test 10.0.0.1", "b.test 10.0.0.2"])
    bench.ask(names, "a.test")
    #expect(bench.told.last == "a.test 10.0.0.1")
    #expect(bench.asked == ["a.test", "b.test"])
  }

  @Test("old addresses serve while a name is looked up anew, until it has none or ten minutes are over")
  func ages() {
    bench.answer("a.test", "10.0.0.1")
    askAndRun("a.test")
    bench.answer("a.test", "10.0.0.2")
    bench.pass(.seconds(5))
    for _ in 0..<2 { bench.ask(names, "a.test") }
    #expect(bench.told.suffix(2) == ["a.test 10.0.0.1", "a.test 10.0.0.1"])
    #expect(bench.started == 1)
    bench.run()
    bench.ask(names, "a.test")
    #expect(bench.told.last == "a.test 10.0.0.2")
    // The name servers do not answer.
    bench.answer("a.test", nil)
    bench.pass(.minutes(9))
    askAndRun("a.test")
    bench.ask(names, "a.test")
    #expect(bench.told.suffix(2) == ["a.test 10.0.0.2", "a.test 10.0.0.2"])
    bench.run()
    bench.pass(.minutes(1))
    askAndRun("a.test")
    #expect(bench.told.last == "a.test gone")
    // They say that there is none.
    bench.answer("a.test", "10.0.0.3")
    askAndRun("a.test")
    bench.answer("a.test", nil, isGone: true)
    bench.pass(.seconds(6))
    bench.ask(names, "a.test")
    #expect(bench.told.last == "a.test 10.0.0.3")
    bench.run()
    askAndRun("a.test")
    #expect(bench.told.last == "a.test gone")
  }

  @Test("who wants to know what there is now is told by a look-up, failures too")
  func anew() {
    bench.answer("a.test", "10.0.0.1")
    askAndRun("a.test")
    bench.answer("a.test", nil)
    bench.ask(names, "a.test", anew: true)
    #expect(bench.told.count == 1)
    bench.run()
    #expect(bench.told.last == "a.test gone")
    bench.ask(names, "a.test")
    #expect(bench.told.last == "a.test 10.0.0.1", "others go on with what is known")
  }

  @Test("several addresses take turns, each family for itself")
  func turns() {
    bench.answer("a.test", "fd00::1 10.0.0.1 10.0.0.2 fd00::2 10.0.0.3")
    askAndRun("a.test")
    for _ in 0..<6 { bench.ask(names, "a.test") }
    let firsts = bench.told.dropFirst().map { told in
      let addresses = told.split(separator: " ").dropFirst()
      #expect(Set(addresses).count == 5)
      #expect(addresses.prefix(2).allSatisfy { $0.hasPrefix("fd00") })
      return "\(addresses.first ?? "") \(addresses.dropFirst(2).first ?? "")"
    }
    #expect(Set(firsts).count == 6)
  }

  @Test("connections take a name's addresses by turns, and its port is theirs")
  func connections() throws {
    bench.answer("a.test", "10.0.0.1 10.0.0.2 fd00::1")
    askAndRun("a.test")
    let loop = EmbeddedEventLoop()
    let first = try (0..<4).map { _ in
      let resolver = NameResolver("a.test", by: names, on: loop)
      #expect(try resolver.initiateAAAAQuery(host: "a.test", port: 80).wait().map(\.ipAddress) == ["fd00::1"])
      let addresses = try resolver.initiateAQuery(host: "a.test", port: 80).wait()
      #expect(addresses.map(\.port) == [80, 80])
      return addresses.first?.ipAddress
    }
    #expect(Set(first) == ["10.0.0.1", "10.0.0.2"])
    #expect(first[0] != first[1] && first[1] != first[2])
  }

  @Test("no more look-ups run at once than may, and those that wait follow in their order")
  func limit() {
    let hosts = (0..<HostNames.runningLimit + 3).map { "host-\($0).test" }
    for (number, host) in hosts.enumerated() {
      bench.answer(host, "10.0.1.\(number)")
      bench.ask(names, host)
    }
    #expect(bench.started == HostNames.runningLimit)
    bench.run()
    #expect(bench.told.count == hosts.count)
    #expect(bench.asked == [hosts[0]] + hosts.suffix(3) + hosts[1..<HostNames.runningLimit])
    bench.ask(names, "later.test")
    #expect(bench.started == 1)
  }

  @Test("of more names than are kept the older ones are forgotten")
  func forgets() {
    for number in 0...HostNames.limit {
      bench.answer("\(number).test", "10.0.0.1")
      askAndRun("\(number).test")
    }
    bench.ask(names, "0.test")
    #expect(bench.started == 1)
    bench.run()
    #expect(bench.told.count == HostNames.limit + 2)
  }
}
