import EnvoyWire
import Pipeline
import Reading
import Testing
import TextEncoder

@testable import ExtProc

/// An encoder that is never asked itself: a test answers in its place.
private final class AbsentMindedEncoder: PromptEncoder {
  let name = "test"
  let width = 2

  func readNow(_ text: [UInt8]) -> PromptEncoding { Self.reading }
  func read(_ text: [UInt8], answer: @escaping @Sendable (PromptEncoding) -> Void) {}

  static let reading: PromptEncoding = {
    var read = EncodedText()
    read.embedding = [1, 0]
    return .read(read)
  }()
}

@Suite("Requests that wait for the encoder behind Envoy") struct EncoderTests {
  private static let routing = """
    {signals: {embeddings: [{name: like, threshold: 0.5, candidates: [x]}],
               keywords: [{name: stop, keywords: [stop]}]},
     decisions: [{name: stopped, priority: 9, rules: {type: keyword, name: stop},
                  plugins: [{type: fast_response, configuration: {message: Stopped.}}]},
                 {name: liked, rules: {type: embedding, name: like}, modelRefs: [{model: alpha}]}]}
    """
  private static let body = #"{"model":"MoM","messages":[{"role":"user","content":"hello"}]}"#

  /// The encoder's side of a wait.
  private final class Wait {
    var answers: [(PromptEncoding) -> Void] = []
    func answer(_ encoding: PromptEncoding = AbsentMindedEncoder.reading) {
      defer { answers = [] }
      for answer in answers { answer(encoding) }
    }
  }

  private func envoy() throws -> (Envoy, Wait) {
    let envoy = try Envoy(routing: Self.routing, encoder: AbsentMindedEncoder())
    let wait = Wait()
    envoy.scope.read = { _, answer in wait.answers.append(answer) }
    return (envoy, wait)
  }

  @Test("the reply to a buffered body comes when the encoder has read, and says so")
  func buffered() throws {
    let (envoy, wait) = try envoy()
    var late = 0
    envoy.session.onLateOutput = { late += 1 }
    #expect(envoy.requestHeaders() == [.init(part: 1)])
    #expect(envoy.requestBody(Self.body).isEmpty)
    #expect(envoy.scope.context.load.bytes == Self.body.utf8.count)
    wait.answer()
    #expect(late == 1)
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.part == 3)
    #expect(reply.set["x-selected-model"] == "alpha")
    #expect(envoy.scope.context.load.bytes == 0)
    #expect(envoy.inFlight == 1)
    let answer = try #require(envoy.responseHeaders(200, [("content-type", "application/json")]).first)
    #expect(answer.set["x-vsr-selected-decision"] == "liked")
    envoy.session.close()
    #expect(envoy.inFlight == 0)
  }

  @Test("trailers that come meanwhile are answered behind the body")
  func trailers() throws {
    let (envoy, wait) = try envoy()
    _ = envoy.requestHeaders(request: .fullDuplexStreamed)
    #expect(envoy.requestBody(Self.body, isLast: false).isEmpty)
    #expect(envoy.requestTrailers().isEmpty)
    wait.answer()
    #expect(envoy.lateReplies().map(\.part) == [1, 3, 5])
  }

  @Test("a body in pieces is whole when it is read")
  func pieces() throws {
    let (envoy, wait) = try envoy()
    _ = envoy.requestHeaders(request: .fullDuplexStreamed)
    #expect(envoy.requestBody(String(Self.body.prefix(20)), isLast: false).isEmpty)
    #expect(envoy.requestBody(String(Self.body.dropFirst(20))).isEmpty)
    wait.answer()
    let replies = envoy.lateReplies()
    #expect(replies.map(\.part) == [1, 3])
    #expect(replies[1].isLast)
    #expect(replies[1].body == Self.body.replacing("MoM", with: "org/alpha"))
  }

  @Test("an encoder that is late leaves the decision to the other signals")
  func late() throws {
    let (envoy, wait) = try envoy()
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).isEmpty)
    wait.answer(.failed(reason: "late"))
    #expect(envoy.lateReplies().first?.part == 3)
    let answer = try #require(envoy.responseHeaders(200, []).first)
    #expect(answer.set["x-vsr-selected-decision"] == nil)
    #expect(envoy.scope.metrics.encoderFailures.value == 1)
  }

  @Test("a text that the encoder read in part is decided by that part, and counted")
  func partial() throws {
    let (envoy, wait) = try envoy()
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).isEmpty)
    var read = EncodedText()
    (read.embedding, read.windows, read.plannedWindows) = ([1, 0], [0..<254], 8)
    wait.answer(.read(read))
    #expect(envoy.lateReplies().first?.part == 3)
    let answer = try #require(envoy.responseHeaders(200, []).first)
    #expect(answer.set["x-vsr-selected-decision"] == "liked")
    #expect(envoy.scope.metrics.encoderPartialReadings.value == 1)
    #expect(envoy.scope.metrics.encoderFailures.value == 0)
  }

  @Test("a stream that ends while the encoder reads gives everything back")
  func closed() throws {
    let (envoy, wait) = try envoy()
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    envoy.session.close()
    #expect(envoy.scope.context.load.bytes == 0)
    #expect(envoy.scope.context.load.requests == 0)
    wait.answer()
    #expect(envoy.lateReplies().isEmpty)
    #expect(envoy.inFlight == 0)
  }

  @Test("messages that break the order are refused before they pile up")
  func flood() throws {
    let (envoy, wait) = try envoy()
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    var replies: [Envoy.Reply] = []
    for _ in 0..<10 where replies.isEmpty { replies = envoy.requestBody("more") }
    #expect(replies.first?.status == 500)
    #expect(envoy.scope.context.load.bytes == 0)
    wait.answer()
    #expect(envoy.lateReplies().isEmpty)
  }

  @Test("a guard that is not there closes, and is counted")
  func failedGuard() throws {
    let routing = """
      {signals: {jailbreak: [{name: attack}]},
       decisions: [{name: blocked, rules: {type: jailbreak, name: attack},
                    plugins: [{type: fast_response, configuration: {message: Blocked.}}]}]}
      """
    let envoy = try Envoy(routing: routing)
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.body?.contains("Blocked.") == true)
    let metrics = envoy.scope.metrics.registry.exposition()
    #expect(metrics.contains(#"switchyard_guard_failures_total{signal="jailbreak"} 1"#))
    #expect(metrics.contains(#"switchyard_guard_failures_total{signal="pii"} 0"#))
  }

  @Test("an answer of the router's own is an immediate response")
  func ownAnswer() throws {
    let (envoy, _) = try envoy()
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(Self.body.replacing("hello", with: "stop")).first)
    #expect(reply.part == 7)
    #expect(reply.status == 200)
    #expect(reply.body?.contains("Stopped.") == true)
    #expect(reply.set["x-vsr-fast-response"] == "true")
    #expect(reply.set["x-vsr-selected-decision"] == "stopped")
    #expect(envoy.inFlight == 0)
  }
}
