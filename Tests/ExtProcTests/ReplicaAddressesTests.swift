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

  private static func unreachable(_ ids: Int...) async -> ReplicaAddresses {
    let gone = ids.map { Replica(id: $0, name: "replica-\($0)", host: "gone-\($0)", port: 8000) }
    return await ReplicaAddresses.lookUp(gone, before: .none) { _, _ in nil }
  }

  private static let body = #"{"model":"alpha","messages":[{"role":"user","content":"hello"}]}"#

  @Test("Envoy is not sent to a replica without an address", arguments: [ProcessorRole.both, .replica])
  func unreachable(role: ProcessorRole) async throws {
    let envoy = try Envoy(role: role, replicaCount: 3)
    envoy.scope.addresses = await Self.unreachable(0, 2)
    for _ in 0..<20 {
      _ = envoy.requestHeaders()
      #expect(envoy.requestBody(Self.body).first?.set["target-pod"] == "10.0.0.2:8000")
      envoy.session.close()
      envoy.next()
    }
  }

  @Test("a name whose address was found once is sent there, though it is not found now")
  func keptAddress() async throws {
    let envoy = try Envoy(replicaCount: 1)
    let named = [Replica(id: 0, name: "replica-0", host: "named", port: 8000)]
    let found = await ReplicaAddresses.lookUp(named, before: .none) { _, _ in "10.9.9.9:8000" }
    envoy.scope.addresses = await ReplicaAddresses.lookUp(named, before: found) { _, _ in nil }
    #expect(envoy.scope.addresses.unresolved.count == 1)
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).first?.set["target-pod"] == "10.9.9.9:8000")
  }

  @Test("where no replica has an address the client is told")
  func noneReachable() async throws {
    let envoy = try Envoy()
    envoy.scope.addresses = await Self.unreachable(0, 1)
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.status == 503)
    #expect(reply.set["retry-after"] == "10")
    #expect(
      reply.body?.contains(
        #"no replica of model \"alpha\" is ready that Envoy can be sent to (replica-0: there is no address of 10.0.0.1; "#
          + #"replica-1: there is no address of 10.0.0.2); names are looked up every 10 s"#) ?? false, "\(reply)")
    #expect(envoy.scope.metrics.error(model: "alpha", reason: "no_address").value == 1)
    #expect(envoy.inFlight == 0)
    let plugin = try Envoy(role: .replica)
    plugin.scope.addresses = await Self.unreachable(0, 1)
    _ = plugin.requestHeaders()
    let answer = try #require(plugin.requestBody(Self.body).first)
    #expect(answer.status == 503)
    #expect(answer.set["x-error-no-model-backends"] == "true")
    #expect(answer.body?.contains("error on getting pods for model alpha") ?? false)
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
