import EnvoyWire
import Reliability
import Testing

@testable import ExtProc

@Suite("Answers behind Envoy") struct AnswerTests {
  private func routed(request: BodyMode = .buffered, response: BodyMode = .buffered) throws -> Envoy {
    let envoy = try Envoy()
    _ = envoy.requestHeaders(request: request, response: response)
    _ = envoy.requestBody(RequestTests.body)
    return envoy
  }

  private func tokens(_ envoy: Envoy) -> UInt64 { envoy.scope.tokens(ofModel: "alpha").completion.value }

  @Test("the answer gets the router's fields, and loses those that an engine made up")
  func fields() throws {
    let reply = try #require(try routed().responseHeaders(200, [("x-vsr-cache-hit", "true"), ("server", "x")]).first)
    #expect(reply.part == 2)
    #expect(reply.removed == ["x-vsr-cache-hit"])
    #expect(reply.set["x-vsr-selected-model"] == "alpha")
    #expect(reply.set["x-vsr-response-path"] == "upstream")
    #expect(reply.set["request-id"]?.utf8.count == 36)
    #expect(reply.modes == [])
  }

  @Test(
    "an event stream that Envoy would hold is switched to streamed",
    arguments: [
      (BodyMode.buffered, [2, 1]), (.streamed, []), (.fullDuplexStreamed, []), (.none, []),
    ])
  func eventStream(_ mode: BodyMode, _ modes: [Int]) throws {
    let reply = try #require(
      try routed(response: mode).responseHeaders(200, [("content-type", "text/event-stream; charset=utf-8")]).first)
    #expect(reply.modes == modes)
  }

  @Test("a stream's tokens are counted wherever it is cut")
  func cuts() throws {
    let stream =
      "data: {\"a\":1}\n\ndata: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n"
    for place in 0...stream.utf8.count {
      let envoy = try routed()
      _ = envoy.responseHeaders(200, [("content-type", "text/event-stream")])
      #expect(envoy.responseBody(String(stream.prefix(place)), isLast: false) == [.init(part: 4)])
      #expect(envoy.responseBody(String(stream.dropFirst(place))) == [.init(part: 4)])
      #expect(tokens(envoy) == 5, "cut at \(place)")
    }
  }

  @Test("of usage that a stream tells again and again the last counts")
  func lastUsage() throws {
    let envoy = try routed(response: .streamed)
    _ = envoy.responseHeaders(200, [("content-type", "text/event-stream")])
    for count in 1...4 {
      _ = envoy.responseBody(
        "data: {\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":\(count)}}\n\n", isLast: count == 4)
    }
    #expect(tokens(envoy) == 4)
  }

  @Test("a whole answer's tokens are counted")
  func whole() throws {
    let envoy = try routed()
    _ = envoy.responseHeaders(200, [("content-type", "application/json")])
    _ = envoy.responseBody(#"{"usage":{"prompt_tokens":3,"completion_tokens":9}}"#)
    #expect(tokens(envoy) == 9)
  }

  @Test("a full duplex answer passes piece by piece")
  func fullDuplex() throws {
    let envoy = try routed(response: .fullDuplexStreamed)
    _ = envoy.responseHeaders()
    #expect(envoy.responseBody("ab", isLast: false) == [.init(part: 4, body: "ab", isPiece: true)])
    #expect(envoy.responseBody("", isLast: true) == [.init(part: 4, body: "", isPiece: true, isLast: true)])
    #expect(envoy.responseTrailers() == [.init(part: 6)])
  }

  private static let told =
    #"{"error":{"message":"no","type":"server_error","param":null,"code":null}}"#

  @Test(
    "an engine's error is told as OpenAI's API tells errors where it comes whole",
    arguments: [
      // The mode, the one asked for, whether the body has come whole, and what becomes of it.
      (BodyMode.buffered, [], true, told), (.buffered, [], false, told), (.bufferedPartial, [], true, told),
      (.bufferedPartial, [], false, nil), (.streamed, [2, 3], true, told), (.streamed, [2, 3], false, nil),
    ] as [(BodyMode, [Int], Bool, String?)])
  func engineError(_ mode: BodyMode, _ modes: [Int], _ isLast: Bool, _ body: String?) throws {
    let envoy = try routed(response: mode)
    let head = try #require(
      envoy.responseHeaders(500, [("content-type", "text/plain"), ("content-length", "2")]).first)
    #expect(head.modes == modes)
    #expect(head.removed == (mode == .streamed ? ["content-length"] : []))
    let reply = try #require(envoy.responseBody("no", isLast: isLast).first)
    #expect(reply.body == body)
    #expect(reply.set["content-length"] == body.map { "\($0.utf8.count)" })
    #expect(reply.set["content-type"] == body.map { _ in "application/json" })
    #expect(envoy.session.responseBytes == body?.utf8.count ?? 2)
  }

  @Test("an engine's error of several pieces goes on as it comes")
  func engineErrorInPieces() throws {
    let envoy = try routed(response: .streamed)
    _ = envoy.responseHeaders(500)
    #expect(envoy.responseBody("n", isLast: false) == [.init(part: 4)])
    #expect(envoy.responseBody("o") == [.init(part: 4)])
  }

  @Test(
    "of an error longer than its buffer Envoy shows no more, and nobody has left; but of one in pieces",
    arguments: [1, 2])
  func longEngineError(_ pieces: Int) throws {
    let envoy = try routed(response: .streamed)
    _ = envoy.responseHeaders(500)
    for _ in 0..<pieces { _ = envoy.responseBody("n", isLast: false) }
    envoy.session.close()
    #expect(envoy.scope.metrics.clientsGone.value == UInt64(pieces - 1))
  }

  @Test("an engine's error without a body gets one in every mode", arguments: [BodyMode.buffered, .streamed, .none])
  func emptyEngineError(_ mode: BodyMode) throws {
    let reply = try #require(try routed(response: mode).responseHeaders(502, isLast: true).first)
    #expect(reply.endsMessage)
    #expect(reply.body?.contains("the engine answered 502 and did not say why") ?? false)
    #expect(reply.set["content-length"] == reply.body.map { "\($0.utf8.count)" })
    #expect(reply.set["x-vsr-schema-version"] == "2")
  }

  @Test(
    "what is no error to be told anew stays",
    arguments: [
      (399, [], "no"), (600, [], "no"), (500, [("content-encoding", "gzip")], "no"),
      (500, [("content-type", "text/event-stream")], "no"), (500, [("content-length", "65537")], "no"),
      (500, [], #"{"error":{"message":"no"}}"#), (500, [], String(repeating: "x", count: 65_537)),
    ] as [(Int, [(String, String)], String)])
  func otherErrors(_ status: Int, _ fields: [(String, String)], _ body: String) throws {
    let envoy = try routed()
    _ = envoy.responseHeaders(status, fields)
    #expect(envoy.responseBody(body) == [.init(part: 4)])
  }

  @Test("an answer of 500 and more counts against its replica")
  func failures() throws {
    let envoy = try routed()
    _ = envoy.responseHeaders(503)
    #expect(envoy.replicas.map { $0.load.takeOutcomes().failures }.reduce(0, +) == 1)
    let sound = try routed()
    _ = sound.responseHeaders(404)
    #expect(sound.replicas.map { $0.load.takeOutcomes().successes }.reduce(0, +) == 1)
  }

  @Test("a client that leaves is counted once")
  func gone() throws {
    let envoy = try routed(response: .streamed)
    _ = envoy.responseHeaders()
    envoy.session.close()
    #expect(envoy.scope.metrics.clientsGone.value == 1)
    let ended = try routed(response: .streamed)
    _ = ended.responseHeaders()
    _ = ended.responseBody("x")
    ended.session.close()
    #expect(ended.scope.metrics.clientsGone.value == 0)
    #expect(ended.inFlight == 0)
  }

  @Test("where Envoy shows no answer, nobody is said to have left and no status is made up", arguments: [true, false])
  func unseen(_ picksReplica: Bool) throws {
    let envoy = try Envoy(role: picksReplica ? .both : .model)
    _ = envoy.requestHeaders(response: .none)
    _ = envoy.requestBody(RequestTests.body)
    envoy.session.close()
    #expect(envoy.scope.metrics.clientsGone.value == 0)
    for status in [0, 499] { #expect(envoy.answers(status: status) == nil) }
  }

  @Test("a client that leaves an answer half read is gone, whoever picked the replica")
  func goneWithoutReplica() throws {
    let envoy = try Envoy(role: .model)
    _ = envoy.requestHeaders(response: .streamed)
    _ = envoy.requestBody(RequestTests.body)
    _ = envoy.responseHeaders()
    envoy.session.close()
    #expect(envoy.scope.metrics.clientsGone.value == 1)
    #expect(envoy.answers(status: 200) == "1")
  }

  @Test("a model keeps the share of its replicas that its policy says, however many fail")
  func ejectionShare() throws {
    let envoy = try Envoy()
    for _ in 0..<40 {
      envoy.next()
      _ = envoy.requestHeaders()
      _ = envoy.requestBody(RequestTests.body)
      _ = envoy.responseHeaders(500)
      envoy.session.close()
    }
    #expect(envoy.replicas.count { $0.health.state(at: envoy.scope.now) == .ejected } == 1)
    #expect(envoy.replicas.map { $0.load.takeOutcomes().failures }.reduce(0, +) == 40)
  }

  @Test("a status that is none says nothing of the replica", arguments: ["", "ok", "99", "1000", "-200"])
  func oddStatus(_ status: String) throws {
    let envoy = try routed()
    _ = envoy.responseHeaders(status: status, [])
    envoy.session.close()
    let outcomes = envoy.replicas.map { $0.load.takeOutcomes() }
    #expect(outcomes.allSatisfy { $0.successes == 0 && $0.failures == 0 })
    #expect(envoy.answers(status: Int(status) ?? 0) == nil)
  }

  @Test("the time that routing takes is counted whole, seconds too")
  func routingLatency() throws {
    let envoy = try Envoy()
    _ = envoy.requestHeaders()
    envoy.time.step = 3_000_000_000
    _ = envoy.requestBody(RequestTests.body)
    #expect(envoy.metric("llm_model_routing_latency_seconds_sum") == "3")
  }

  @Test("tokens are found in an answer in pieces, of which nothing is held")
  func pieces() throws {
    let envoy = try routed(response: .streamed)
    _ = envoy.responseHeaders(200, [("content-type", "application/json")])
    for _ in 0..<3 { _ = envoy.responseBody(String(repeating: " ", count: 600_000), isLast: false) }
    _ = envoy.responseBody(#"{"usage":{"prompt_tokens":3,"#, isLast: false)
    #expect(envoy.scope.context.load.bytes == 0)
    _ = envoy.responseBody(#""completion_tokens":9}}"#)
    #expect(tokens(envoy) == 9)
  }

  @Test("a request counts on its replica until its answer has ended, and its prefill until the first bytes")
  func counts() throws {
    let envoy = try routed(response: .streamed)
    func states() -> (inFlight: Int, prefilling: Int) {
      envoy.replicas.reduce((0, 0)) { ($0.0 + $1.load.state.inFlight, $0.1 + $1.load.state.prefilling) }
    }
    #expect(states() == (1, 1))
    _ = envoy.responseHeaders(200, [("content-type", "text/event-stream")])
    #expect(states() == (1, 1))
    _ = envoy.responseBody("data: {}\n\n", isLast: false)
    #expect(states() == (1, 0))
    _ = envoy.responseBody("data: [DONE]\n\n")
    #expect(states() == (0, 0))
    envoy.session.close()
    #expect(states() == (0, 0))
  }
}
