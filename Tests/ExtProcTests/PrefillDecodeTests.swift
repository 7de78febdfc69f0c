import Balancing
import ChatProtocols
import EngineClient
import EnvoyWire
import Fleet
import Gateway
import NIOCore
import Reliability
import Testing

@testable import ExtProc

@Suite("Prefill and decode behind Envoy") struct PrefillDecodeTests {
  /// The side that sends prefill legs.
  private final class Legs {
    struct Leg {
      var call: PrefillCall
      var onSent: () -> Void
      var onEnd: (PrefillCall.Result) -> Void
      var isGivenUp = false
    }

    var legs: [Leg] = []

    func answer(_ body: String = "{}", status: Int = 200) {
      legs[legs.count - 1].onEnd(.answered(status: status, body: ByteBuffer(string: body)))
    }

    /// Bytes of an answer come.
    ///
    /// - Returns: whether they are kept; nil where no answer is.
    func receive(_ count: Int) -> Bool? {
      guard case .kept(PrefillAnswer.byteLimit, let hold) = legs[legs.count - 1].call.answer else { return nil }
      return hold(count)
    }

    func fail() { legs[legs.count - 1].onEnd(.failed(.closedBeforeAnswer, "it closed")) }
  }

  /// Draws the same number each time, so the room in which SGLang's engines meet is known.
  private struct Constant: RandomNumberGenerator {
    func next() -> UInt64 { 0x6A09_E667_F3BC_C908 }
  }

  private static let body = #"{"model":"alpha","messages":[{"role":"user","content":"hello"}],"x":1.50}"#

  /// Replicas that prefill have the lowest numbers, then come those that decode, then those that do both.
  private func envoy(
    _ handOver: CacheHandOver, prefills: Int = 1, decodes: Int = 1, wholes: Int = 0,
    policy: ModelPolicy = ModelPolicy(), load: GatewayLoad = GatewayLoad(), adapterSources: [String: String] = [:],
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) throws -> (Envoy, Legs) {
    let envoy = try Envoy(
      load: load, replicaCount: prefills + decodes + wholes, policy: policy, adapterSources: adapterSources,
      random: random
    ) {
      let role: PlacementRole = $0.id < prefills ? .prefill : $0.id < prefills + decodes ? .decode : .whole
      return Placement(replica: $0, upstreamModel: "org/alpha", role: role, handOver: handOver)
    }
    let legs = Legs()
    envoy.scope.prefill = { call, onSent, onEnd in
      legs.legs.append(Legs.Leg(call: call, onSent: onSent, onEnd: onEnd))
      let place = legs.legs.count - 1
      return { legs.legs[place].isGivenUp = true }
    }
    return (envoy, legs)
  }

  @Test("the access log tells of the last prefill, and of none where one replica serves the request whole")
  func accounts() throws {
    let (envoy, legs) = try envoy(.vllm, prefills: 2, wholes: 1)
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    var replicas: [String] = []
    for step in [7_000, 9_000] as [UInt64] {
      replicas.append(try #require(legs.legs.last).call.placement.name)
      #expect(envoy.session.pair?.span == nil)
      envoy.time.step = step
      envoy.scope.refreshTime()
      if step == 7_000 { legs.fail() } else { legs.answer() }
    }
    #expect(Set(replicas) == ["replica-0", "replica-1"])
    #expect(envoy.session.pair?.span == PrefillSpan(replica: replicas[1], nanoseconds: 9_000))
    let (other, failing) = try self.envoy(.vllm, wholes: 1)
    _ = other.requestHeaders()
    _ = other.requestBody(Self.body)
    failing.fail()
    #expect(other.replicas.map(\.load.inFlight) == [0, 0, 1] && other.session.pair == nil)
    other.session.close()
    envoy.session.close()
  }

  @Test("loads of an adapter that end together have one prefill sent; of one that was not sent nothing is told")
  func adapters() throws {
    for leaves in [false, true] {
      let (envoy, legs) = try envoy(.vllm, adapterSources: ["alpha-math": "/adapters/math"])
      var outcomes: [(AdapterLoader.Outcome) -> Void] = []
      var left = 0
      envoy.scope.loadAdapter = { order, done in
        guard outcomes.count < 2 else { return .loaded }
        outcomes.append(done)
        order.placement.replica.adapters.insert(order.adapter.key)
        return .waiting { left += 1 }
      }
      // Each replica has it once its load was ordered, as far as the next look is concerned.
      _ = envoy.requestHeaders()
      #expect(envoy.requestBody(Self.body.replacing("alpha", with: "alpha-math")).isEmpty)
      #expect(outcomes.count == 2 && legs.legs.isEmpty && envoy.inFlight == 2)
      if leaves {
        envoy.session.close()
      } else {
        for outcome in outcomes { outcome(.success(())) }
        #expect(legs.legs.count == 1 && !legs.legs[0].isGivenUp)
        envoy.session.close()
      }
      #expect(left == 2 && envoy.inFlight == 0)
      #expect(envoy.scope.metrics.prefillLegs(.abandoned).value == (leaves ? 0 : 1))
      for outcome in outcomes { outcome(.success(())) }
      #expect(legs.legs.count == (leaves ? 0 : 1))
    }
  }

  @Test("the decode replica is named once the prefill is done, with what that handed over")
  func sequential() throws {
    let (envoy, legs) = try envoy(.vllm)
    var late = 0
    envoy.session.onLateOutput = { late += 1 }
    _ = envoy.requestHeaders([("x-own", "kept"), ("host", "gone"), ("x-request-id", "known")])
    #expect(envoy.requestBody(Self.body).isEmpty)
    let call = try #require(legs.legs.first?.call)
    #expect(call.placement.replica.id == 0 && call.target == "/v1/chat/completions")
    #expect(
      call.fields.contains { $0 == ("x-own", "kept") } && call.fields.contains { $0 == ("x-request-id", "known") })
    #expect(!call.fields.contains { $0.0 == "host" || $0.0.hasPrefix(":") })
    #expect(String(buffer: call.body).hasPrefix(#"{"model":"org/alpha""#))
    #expect(envoy.scope.context.load.bytes == Self.body.utf8.count)
    #expect(envoy.replicas.map(\.load.inFlight) == [1, 1])
    legs.answer(#"{"kv_transfer_params":{"remote_block_ids":["b"],"remote_host":"0.0.0.0"}}"#)
    #expect(late == 1)
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.set["target-pod"] == "10.0.0.2:8000")
    #expect(
      reply.body
        == #"{"model":"org/alpha","messages":[{"role":"user","content":"hello"}],"x":1.50,"#
        + #""kv_transfer_params":{"remote_block_ids":["b"],"remote_host":"10.0.0.1"}}"#)
    #expect(envoy.scope.context.load.bytes == 0)
    #expect(envoy.replicas.map(\.load.inFlight) == [0, 1])
    envoy.session.close()
    #expect(envoy.inFlight == 0)
  }

  @Test("a replica without an address may prefill, but Envoy is sent to none")
  func withoutAddress() async throws {
    let gone = [0, 1, 3].map { Replica(id: $0, name: "replica-\($0)", host: "gone-\($0)", port: 8000) }
    let (envoy, legs) = try envoy(.vllm, prefills: 1, decodes: 3)
    envoy.scope.addresses = await ReplicaAddresses.lookUp(gone, before: .none) { _, _ in nil }
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).isEmpty)
    #expect(try #require(legs.legs.first).call.placement.replica.id == 0)
    legs.answer()
    #expect(envoy.lateReplies().first?.set["target-pod"] == "10.0.0.3:8000")
    let (other, _) = try self.envoy(.vllm)
    other.scope.addresses = await ReplicaAddresses.lookUp([gone[1]], before: .none) { _, _ in nil }
    _ = other.requestHeaders()
    #expect(other.requestBody(Self.body).map(\.status) == [503])
    #expect(other.inFlight == 0)
  }

  @Test("SGLang's decode is named when the prefill is sent; one that fails then ends the stream")
  func simultaneous() throws {
    let (envoy, legs) = try envoy(.sglang, random: Constant())
    var aborts = 0
    envoy.session.onAbort = { _ in aborts += 1 }
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).isEmpty)
    legs.legs[0].onSent()
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.set["target-pod"] == "10.0.0.2:8000")
    let both =
      #"{"model":"org/alpha","messages":[{"role":"user","content":"hello"}],"x":1.50,"#
      + #""bootstrap_host":"10.0.0.1","bootstrap_port":8998,"bootstrap_room":3820445788478006404}"#
    #expect(String(buffer: legs.legs[0].call.body) == both)
    #expect(reply.body == both)
    legs.fail()
    #expect(aborts == 1)
    #expect(envoy.replicas.map(\.load.inFlight) == [0, 1])
    envoy.session.close()
    #expect(envoy.inFlight == 0)
  }

  /// What came of the decode's answer before the prefill failed.
  enum Answered: CaseIterable {
    case head, headOfStream, piece, error, whole
  }

  @Test(
    "SGLang's prefill that fails behind the head of an answer ends the stream, unless more came",
    arguments: Answered.allCases)
  func headBeforeCache(answered: Answered) throws {
    let (envoy, legs) = try envoy(.sglang)
    var aborts = 0
    envoy.session.onAbort = { _ in aborts += 1 }
    _ = envoy.requestHeaders(response: answered == .piece ? .streamed : .buffered)
    _ = envoy.requestBody(Self.body)
    legs.legs[0].onSent()
    let fields = answered == .headOfStream ? [("content-type", "text/event-stream")] : []
    _ = envoy.responseHeaders(answered == .error ? 400 : 200, fields, isLast: answered == .whole)
    if answered == .piece { _ = envoy.responseBody("x", isLast: false) }
    legs.fail()
    let isAborted = answered == .head || answered == .headOfStream
    #expect(aborts == (isAborted ? 1 : 0))
    envoy.session.close()
    #expect(envoy.inFlight == 0)
    let metrics = envoy.scope.metrics
    #expect(metrics.error(model: "alpha", reason: "prefill_failed").value == (isAborted ? 1 : 0))
    #expect(metrics.clientsGone.value == (answered == .piece || answered == .error ? 1 : 0))
  }

  @Test("a model that is served by pairs alone keeps its share of replicas")
  func ejections() throws {
    let (envoy, legs) = try envoy(.sglang, decodes: 2)
    for _ in 0..<40 {
      _ = envoy.requestHeaders()
      _ = envoy.requestBody(Self.body)
      legs.legs[legs.legs.count - 1].onSent()
      _ = envoy.responseHeaders(503, isLast: true)
      legs.answer()
      envoy.session.close()
      envoy.next()
    }
    #expect(envoy.replicas.map { $0.health.state(at: envoy.scope.now) == .ejected }.count { $0 } == 1)
    #expect(envoy.replicas[1...].reduce(0) { $0 + $1.load.takeOutcomes().failures } == 40)
  }

  @Test("a prefill that fails is tried on another replica, and then told", arguments: CacheHandOver.allCases)
  func retried(handOver: CacheHandOver) throws {
    let (envoy, legs) = try envoy(handOver, prefills: 2)
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    legs.fail()
    #expect(legs.legs.count == 2)
    #expect(Set(legs.legs.map(\.call.placement.replica.id)) == [0, 1])
    #expect(envoy.inFlight == 2)
    legs.fail()
    let reply = try #require(envoy.lateReplies().first)
    if handOver.decodesWhole {
      #expect(reply.set["target-pod"] == "10.0.0.3:8000")
      #expect(reply.body == Self.body.replacing("alpha", with: "org/alpha"))
    } else {
      #expect(reply.status == 502 && reply.body?.contains("the prefill on replica replica-") == true)
    }
    #expect(envoy.inFlight == (handOver.decodesWhole ? 1 : 0) && envoy.scope.context.load.bytes == 0)
    envoy.session.close()
    #expect(envoy.inFlight == 0)
    #expect(envoy.scope.metrics.retries.value == (handOver.decodesWhole ? 2 : 1))
  }

  @Test("where no further pair is there, a replica that serves whole requests gets one whose prefill failed")
  func fallsBack() throws {
    let (envoy, legs) = try envoy(.sglang, wholes: 1)
    _ = envoy.requestHeaders([("routing-strategy", "pd")])
    _ = envoy.requestBody(Self.body)
    legs.fail()
    #expect(legs.legs.count == 1 && envoy.replicas.map(\.load.inFlight) == [0, 0, 1])
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.set["target-pod"] == "10.0.0.3:8000")
    #expect(reply.body == Self.body.replacing("alpha", with: "org/alpha"))
    let answer = try #require(envoy.responseHeaders().first)
    #expect(answer.set["prefill-target-pod"] == nil && answer.set["routing-strategy"] == "least-ttft")
    envoy.session.close()
    #expect(envoy.inFlight == 0)
  }

  @Test("the replica that serves the whole request is made to load the adapter too")
  func fallsBackToLoading() throws {
    let (envoy, legs) = try envoy(.sglang, wholes: 1, adapterSources: ["alpha-math": "/adapters/math"])
    var orders: [AdapterLoader.Order] = []
    var loaded: ((AdapterLoader.Outcome) -> Void)?
    envoy.scope.loadAdapter = { order, done in
      orders.append(order)
      guard order.placement.role == .whole else {
        return .failed(AdapterLoader.Failure(reason: "no file", retryAfter: 5))
      }
      loaded = done
      return .waiting {}
    }
    _ = envoy.requestHeaders([("routing-strategy", "pd")])
    #expect(envoy.requestBody(Self.body.replacing("alpha", with: "alpha-math")).isEmpty)
    #expect(orders.map(\.placement.role) == [.prefill, .whole])
    #expect(legs.legs.isEmpty && envoy.replicas.map(\.load.inFlight) == [0, 0, 1])
    #expect(envoy.scope.metrics.prefillLegs(.abandoned).value == 0, "none was sent")
    loaded?(.success(()))
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.set["target-pod"] == "10.0.0.3:8000" && reply.status == 0)
    envoy.session.close()
    #expect(envoy.inFlight == 0 && envoy.scope.context.load.bytes == 0)
  }

  @Test("a prefill engine that has lost the adapter loads it anew, once a request")
  func lostAdapter() throws {
    let (envoy, legs) = try envoy(.vllm, adapterSources: ["alpha-math": "/adapters/math"])
    let key = BlockHash.key(of: "alpha-math")
    for replica in envoy.replicas { replica.adapters.insert(key) }
    var orders: [AdapterLoader.Order] = []
    envoy.scope.loadAdapter = { order, done in
      orders.append(order)
      order.placement.replica.adapters.insert(key)
      return .loaded
    }
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body.replacing("alpha", with: "alpha-math")).isEmpty)
    legs.answer(#"{"detail":"no such model"}"#, status: 404)
    #expect(envoy.lateReplies().isEmpty && legs.legs.count == 2)
    #expect(orders.map(\.placement.role) == [.prefill])
    legs.answer(#"{"detail":"no such model"}"#, status: 404)
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.status == 404 && reply.body?.contains("no such model") == true)
    #expect(envoy.inFlight == 0 && envoy.scope.metrics.prefillLegs(.refused).value == 1)
    // The next request has it loaded.
    #expect(!envoy.replicas[0].adapters.isLoaded(key))
  }

  @Test("retries are held to the model's share, which a reload may change")
  func withheld() throws {
    var policy = ModelPolicy(retryRatio: 0)
    policy.outliers.maximumEjectionPercent = 0
    let (envoy, legs) = try envoy(.sglang, prefills: 2, policy: policy)
    /// Whether a prefill that failed was tried again.
    func isTriedAgain() -> Bool {
      let before = legs.legs.count
      _ = envoy.requestHeaders()
      _ = envoy.requestBody(Self.body)
      legs.fail()
      envoy.session.close()
      envoy.next()
      return legs.legs.count == before + 2
    }
    let withheld = envoy.scope.metrics.retriesWithheld
    #expect((0..<10).allSatisfy { _ in isTriedAgain() } && withheld.value == 0)
    #expect(!isTriedAgain() && withheld.value == 1)
    policy.attempts = 2
    try envoy.reload(policy)
    #expect(!isTriedAgain() && withheld.value == 2)
    policy.retryRatio = 1
    try envoy.reload(policy)
    #expect((0..<20).allSatisfy { _ in isTriedAgain() } && withheld.value == 2)
    policy.attempts = 1
    try envoy.reload(policy)
    #expect(!isTriedAgain() && withheld.value == 2)
    #expect(envoy.inFlight == 0)
  }

  @Test("a request whose body there is no room for is told so, and counts nowhere")
  func withoutRoom() throws {
    let (envoy, legs) = try envoy(.sglang, load: GatewayLoad(shedder: LoadShedder(maximumBytes: 10)))
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.status == 503 && reply.body?.contains("as many bytes of requests as it may") == true)
    #expect(legs.legs.isEmpty && envoy.inFlight == 0 && envoy.scope.context.load.bytes == 0)
  }

  @Test("a prefill's answer is counted while it is held, and SGLang's is not held", arguments: CacheHandOver.allCases)
  func answerHeld(handOver: CacheHandOver) throws {
    let (envoy, legs) = try envoy(
      handOver, prefills: 3, load: GatewayLoad(shedder: LoadShedder(maximumBytes: Self.body.utf8.count + 100)))
    let load = envoy.scope.context.load
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    let isHeld: Bool? = handOver == .sglang ? nil : true
    #expect(legs.receive(60) == isHeld && legs.receive(60) == isHeld.map { _ in false })
    #expect(load.bytes == Self.body.utf8.count + (handOver == .sglang ? 0 : 60))
    legs.fail()
    #expect(load.bytes == Self.body.utf8.count)
    #expect(legs.receive(100) == isHeld)
    legs.answer()
    #expect(load.bytes == 0)
    envoy.session.close()
    #expect(load.bytes == 0)
    envoy.next()
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    #expect(legs.receive(100) == isHeld)
    envoy.session.close()
    #expect(load.bytes == 0 && envoy.inFlight == 0)
  }

  @Test("where nobody sends prefill legs no request goes to a pair")
  func nobodySends() throws {
    let (envoy, _) = try envoy(.vllm)
    envoy.scope.prefill = nil
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.set["target-pod"] == "10.0.0.2:8000" && envoy.replicas.map(\.load.inFlight) == [0, 1])
    envoy.session.close()
    #expect(envoy.inFlight == 0 && envoy.scope.context.load.bytes == 0)
  }

  @Test("what an engine finds wrong goes to the client in its words")
  func refused() throws {
    let (envoy, legs) = try envoy(.vllm, prefills: 2)
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    legs.answer("too long", status: 400)
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.status == 400)
    #expect(reply.body == #"{"error":{"message":"too long","type":"invalid_request_error","param":null,"code":null}}"#)
    #expect(legs.legs.count == 1 && envoy.inFlight == 0)
  }

  @Test("a stream that ends while the prompt is read gives the prefill up")
  func left() throws {
    let (envoy, legs) = try envoy(.tensorRTLLM)
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    envoy.session.close()
    #expect(legs.legs[0].isGivenUp && envoy.inFlight == 0 && envoy.scope.context.load.bytes == 0)
    legs.answer()
    #expect(envoy.lateReplies().isEmpty)
  }

  @Test("without a pair a decode replica gets the whole request, if its engine reads prompts")
  func whole() throws {
    let (envoy, legs) = try envoy(.vllm)
    for _ in 0..<2 { envoy.replicas[0].health.handle(.probeFailed(reason: "gone"), now: 2) }
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.set["target-pod"] == "10.0.0.2:8000" && legs.legs.isEmpty)
    let (other, none) = try self.envoy(.sglang)
    for _ in 0..<2 { other.replicas[0].health.handle(.probeFailed(reason: "gone"), now: 2) }
    _ = other.requestHeaders()
    let refusal = try #require(other.requestBody(Self.body).first)
    #expect(refusal.status == 503 && refusal.body?.contains("of one group that are ready") == true && none.legs.isEmpty)
  }
}
