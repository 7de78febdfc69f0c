import Fleet
import Synchronization
import Testing

@testable import ExtProc

@Suite("Addresses of replicas that are known by name") struct ReplicaAddressesTests {
  /// A resolver's answers, and what it was asked.
  private final class Names: Sendable {
    private let state: Mutex<(answers: [String: String], asked: [String])>

    init(_ answers: [String: String]) { state = Mutex((answers, [])) }

    func change(_ name: String, to address: String?) { state.withLock { $0.answers[name] = address } }

    /// What was asked since the last call, in order of the alphabet.
    func asked() -> [String] {
      state.withLock { state in
        defer { state.asked = [] }
        return state.asked.sorted()
      }
    }

    var resolver: ReplicaAddresses.Resolver {
      { host, port in
        self.state.withLock { state in
          state.asked.append(host)
          return state.answers[host].map { "\($0):\(port)" }
        }
      }
    }
  }

  private static func replicas(_ hosts: String...) -> [Replica] {
    hosts.enumerated().map { Replica(id: $0, name: $1, host: $1, port: 8000) }
  }

  @Test("names are looked up, addresses are not")
  func lookUp() async {
    let names = Names(["a": "10.0.0.1"])
    let replicas = Self.replicas("a", "10.0.0.9", "::1", "b")
    let found = await ReplicaAddresses.lookUp(replicas, before: .none, resolve: names.resolver)
    #expect(found.known == [0: "10.0.0.1:8000"])
    #expect(found.unresolved.map(\.name) == ["b"])
    #expect(names.asked() == ["a", "b"])
  }

  @Test("only what has no address is looked up again")
  func retry() async {
    let names = Names(["a": "10.0.0.1"])
    let first = await ReplicaAddresses.lookUp(Self.replicas("a", "b"), before: .none, resolve: names.resolver)
    _ = names.asked()
    names.change("b", to: "10.0.0.2")
    let second = await first.retried(resolve: names.resolver)
    #expect(names.asked() == ["b"])
    #expect(second.known == [0: "10.0.0.1:8000", 1: "10.0.0.2:8000"])
    #expect(second.unresolved.isEmpty)
  }

  @Test("a fleet's addresses take the place of the last one's; one that is not found now stays as it was")
  func replace() async {
    let names = Names(["a": "10.0.0.1", "b": "10.0.0.2"])
    let replicas = Self.replicas("a", "b")
    let first = await ReplicaAddresses.lookUp(replicas, before: .none, resolve: names.resolver)
    names.change("b", to: nil)
    let kept = await ReplicaAddresses.lookUp(replicas, before: first, resolve: names.resolver)
    #expect(kept.known == [0: "10.0.0.1:8000", 1: "10.0.0.2:8000"])
    #expect(kept.unresolved.map(\.name) == ["b"])
    let fewer = await ReplicaAddresses.lookUp([replicas[0]], before: kept, resolve: names.resolver)
    #expect(fewer.known == [0: "10.0.0.1:8000"])
  }

  @Test("more names than are looked up at once are all found")
  func many() async {
    let hosts = (0..<100).map { "host-\($0)" }
    let names = Names(Dictionary(uniqueKeysWithValues: hosts.map { ($0, "10.0.0.1") }))
    let replicas = hosts.enumerated().map { Replica(id: $0, name: $1, host: $1, port: 80) }
    let found = await ReplicaAddresses.lookUp(replicas, before: .none, resolve: names.resolver)
    #expect(found.known.count == 100)
    #expect(found.unresolved.isEmpty)
  }
}
