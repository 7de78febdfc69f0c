import Balancing
import EngineClient
import Testing

@testable import ExtProc

@Suite("Replicas behind Envoy by what engines tell of their caches") struct ResidencyTests {
  private static let text = (0..<400).map { "word\($0)" }.joined(separator: " ")
  private static let body = #"{"model":"MoM","messages":[{"role":"user","content":"\#(text)"}]}"#
  private static let prompt = (0..<800).map { UInt32($0) }

  /// The side that asks engines for tokens.
  private final class Engine {
    var questions: [PromptTokenizer.Question] = []
    var answers: [(TokenChains?) -> Void] = []
    var abandoned = 0
    /// What is said at once; nil is later.
    var known: ProcessorScope.Tokens?

    func ask(_ question: PromptTokenizer.Question, _ answer: @escaping (TokenChains?) -> Void) -> ProcessorScope.Tokens
    {
      questions.append(question)
      answers.append(answer)
      return known ?? .later(abandon: { self.abandoned += 1 })
    }
  }

  /// The second of three replicas has the prompt.
  private func envoy(role: ProcessorRole = .both) throws -> (Envoy, Engine, TokenBlockIndex) {
    let envoy = try Envoy(
      role: role, balancing: "{strategy: prefix-cache, kv_events: {exact: true}}", replicaCount: 3)
    let tokens = try #require(envoy.tokens)
    tokens.follow(envoy.replicas)
    tokens.stored(
      replica: 1, hashes: (1...50).map { UInt64($0) }, tokens: Self.prompt, blockSize: 16)
    let engine = Engine()
    envoy.scope.tokenize = engine.ask
    return (envoy, engine, tokens)
  }

  @Test(
    "the reply comes when the tokens are known, and names who has the prompt",
    arguments: [ProcessorRole.both, .replica])
  func later(role: ProcessorRole) throws {
    let (envoy, engine, tokens) = try envoy(role: role)
    _ = envoy.requestHeaders()
    let body = role == .replica ? Self.body.replacing("MoM", with: "alpha") : Self.body
    #expect(envoy.requestBody(body).isEmpty)
    #expect(envoy.scope.context.load.bytes == body.utf8.count)
    let question = try #require(engine.questions.first)
    #expect(
      String(decoding: question.body, as: UTF8.self)
        == #"{"model":"org/alpha","messages":[{"role":"user","content":"\#(Self.text)"}]}"#)
    #expect(question.replica === envoy.replicas[1] && question.path == "/tokenize")
    engine.answers[0](tokens.chains(of: Self.prompt, adapter: nil))
    let reply = try #require(envoy.lateReplies().first)
    #expect(reply.part == 3)
    #expect(reply.set["target-pod"] == "10.0.0.2:8000")
    #expect(envoy.scope.context.load.bytes == 0)
    #expect(envoy.inFlight == 1)
    envoy.session.close()
    #expect(envoy.inFlight == 0 && engine.abandoned == 0)
  }

  @Test("tokens that are known at once keep nobody waiting; without them own requests serve")
  func atOnce() throws {
    let (envoy, engine, tokens) = try envoy()
    engine.known = .known(tokens.chains(of: Self.prompt, adapter: nil))
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).first?.set["target-pod"] == "10.0.0.2:8000")
    envoy.session.close()
    engine.known = .declined
    envoy.next()
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).first?.part == 3)
    envoy.session.close()
    engine.known = nil
    envoy.next()
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(Self.body).isEmpty)
    engine.answers[2](nil)
    #expect(envoy.lateReplies().first?.part == 3)
    #expect(
      envoy.scope.metrics.shortfalls(of: .prefixCache, .tokensUnknown).value == 2)
  }

  @Test("a stream that ends meanwhile ends the wait and leaves nothing behind")
  func closed() throws {
    let (envoy, engine, tokens) = try envoy()
    _ = envoy.requestHeaders()
    _ = envoy.requestBody(Self.body)
    envoy.session.close()
    #expect(engine.abandoned == 1 && envoy.scope.metrics.clientsGone.value == 1)
    #expect(envoy.scope.context.load.bytes == 0 && envoy.scope.context.load.requests == 0)
    engine.answers[0](tokens.chains(of: Self.prompt, adapter: nil))
    #expect(envoy.lateReplies().isEmpty)
    #expect(envoy.inFlight == 0)
  }
}
