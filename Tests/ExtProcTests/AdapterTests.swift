import Balancing
import EngineClient
import Fleet
import Testing

@testable import ExtProc

@Suite("Behind Envoy an adapter that is asked for is loaded") struct AdapterTests {
  private static let body = #"{"model":"alpha-math","messages":[{"role":"user","content":"Hello"}]}"#

  /// Takes orders, for a test to say what becomes of them.
  private final class Loads {
    var orders: [AdapterLoader.Order] = []
    var outcome: ((AdapterLoader.Outcome) -> Void)?
    var left = 0
    /// What is said at once; nil has it waited for.
    var failure: AdapterLoader.Failure?

    func serve(_ envoy: Envoy) {
      envoy.scope.loadAdapter = { [self] order, done in
        orders.append(order)
        if let failure { return .failed(failure) }
        outcome = done
        return .waiting { self.left += 1 }
      }
    }
  }

  private static func envoy(_ role: ProcessorRole = .both) throws -> (Envoy, Loads) {
    let envoy = try Envoy(role: role, adapterSources: ["alpha-math": "/adapters/math"])
    let loads = Loads()
    loads.serve(envoy)
    return (envoy, loads)
  }

  @Test("before Envoy hears of the replica", arguments: [ProcessorRole.both, .replica])
  func waits(role: ProcessorRole) throws {
    let (envoy, loads) = try Self.envoy(role)
    _ = envoy.requestHeaders([("routing-strategy", "random")])
    #expect(envoy.requestBody(Self.body).isEmpty)
    #expect(envoy.inFlight == 1)
    let order = try #require(loads.orders.first)
    #expect(order.adapter.text == "alpha-math" && order.source == "/adapters/math")
    loads.outcome?(.success(()))
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.set["target-pod"] == order.placement.replica.authority)
    #expect(loads.orders.count == 1 && loads.left == 0)
    envoy.session.close()
    #expect(envoy.inFlight == 0)
  }

  @Test("a replica that is removed meanwhile is named by the address that it had")
  func removed() async throws {
    let (envoy, loads) = try Self.envoy()
    let named = envoy.replicas.map { Replica(id: $0.id, name: $0.name, host: "host-\($0.id)", port: 8000) }
    envoy.scope.addresses = await ReplicaAddresses.lookUp(named, before: .none) { host, port in "10.1.0.9:\(port)" }
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).isEmpty)
    envoy.scope.addresses = .none
    loads.outcome?(.success(()))
    #expect(envoy.lateReplies().first?.set["target-pod"] == "10.1.0.9:8000")
  }

  @Test("a replica that has it is asked at once")
  func loaded() throws {
    let (envoy, loads) = try Self.envoy()
    envoy.replicas[1].adapters.insert(BlockHash.key(of: "alpha-math"))
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).first?.set["target-pod"] == "10.0.0.2:8000")
    #expect(loads.orders.isEmpty)
  }

  @Test("on another replica where one cannot, and the client is to come again where none can")
  func failures() throws {
    let (envoy, loads) = try Self.envoy()
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).isEmpty)
    loads.outcome?(.failure(AdapterLoader.Failure(reason: "no file", retryAfter: 5)))
    #expect(envoy.lateReplies().isEmpty && envoy.inFlight == 1)
    #expect(Set(loads.orders.map(\.placement.replica.id)) == [0, 1])
    loads.outcome?(.failure(AdapterLoader.Failure(reason: "no file", retryAfter: 5)))
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.status == 503 && reply.set["retry-after"] == "5" && reply.set["x-error-routing"] == "true")
    #expect(reply.body?.contains("cannot be loaded on replica") == true)
    #expect(envoy.inFlight == 0)
    envoy.next()
    loads.failure = AdapterLoader.Failure(reason: "no file", retryAfter: 4)
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).first?.status == 503)
    #expect(loads.orders.count == 4 && envoy.inFlight == 0)
  }

  @Test("an engine that has lost it is asked to load it for the next request")
  func lost() throws {
    let (envoy, loads) = try Self.envoy()
    for replica in envoy.replicas { replica.adapters.insert(BlockHash.key(of: "alpha-math")) }
    for status in [500, 404] {
      envoy.next()
      _ = envoy.requestHeaders()
      _ = envoy.requestBody(Self.body)
      _ = envoy.responseHeaders(status, isLast: true)
      envoy.session.close()
    }
    #expect(loads.orders.isEmpty)
    #expect(envoy.replicas.filter { $0.adapters.isLoaded(BlockHash.key(of: "alpha-math")) }.count == 1)
  }

  @Test("a client that leaves waits no more")
  func leaves() throws {
    let (envoy, loads) = try Self.envoy()
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    envoy.session.close()
    #expect(loads.left == 1 && envoy.inFlight == 0)
    #expect(envoy.scope.metrics.clientsGone.value == 1)
    loads.outcome?(.success(()))
    #expect(envoy.lateReplies().isEmpty)
  }
}
