import Balancing
import Fleet
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import EngineClient

@Suite("Prompts' tokens") struct TokenizerTests {
  private let index: TokenBlockIndex

  init() throws {
    let replica = Replica(id: 0, name: "replica", host: "10.0.0.1", port: 8000)
    replica.prefixSlot = 0
    index = try TokenBlockIndex(maximumBlocks: 100, maximumReplicas: 1)
    index.follow([replica])
    index.stored(replica: 0, hashes: [1], tokens: [1, 2], blockSize: 2)
  }

  private func tokens(_ text: String) -> [UInt32]? {
    Array(text.utf8).withUnsafeBytes { TokenizeAnswer.tokens($0) }
  }

  @Test("an engine's answer is read; one without tokens is none")
  func answers() {
    #expect(
      tokens(#"{"count":3,"max_model_len":8,"tokens":[1,20,4294967295],"token_strs":null}"#) == [1, 20, 4_294_967_295])
    #expect(tokens(#"{"tokens":[]}"#) == [])
    for wrong in [
      #"{"count":3}"#, #"{"tokens":[-1]}"#, #"{"tokens":[4294967296]}"#, #"{"tokens":[1.5]}"#, #"{"tokens":["a"]}"#,
      #"{"tokens":{}}"#, #"{"tokens":[1"#, "[]", "", "no JSON",
    ] {
      #expect(tokens(wrong) == nil, "\(wrong)")
    }
  }

  @Test("models whose engines fail are let alone for longer and longer")
  func pauses() {
    var pause = TokenizePause()
    var now: UInt64 = 1_000_000_000
    for seconds in [0, 0, 1, 2, 4, 8, 16, 30, 30, 30] as [UInt64] {
      pause.failed(now: now)
      if seconds > 0 { #expect(!pause.allows(now: now + seconds * 1_000_000_000 - 1)) }
      now += seconds * 1_000_000_000
      #expect(pause.allows(now: now))
    }
  }

  @Test("the cache keeps what was asked for last, within its bounds")
  func cache() {
    var cache = TokenCache()
    let chains = index.chains(of: [1, 2, 3, 4], adapter: nil)
    for key in 0..<UInt64(10 * TokenCache.promptLimit) {
      cache.insert(key, chains)
      #expect(cache.count <= TokenCache.promptLimit)
      _ = cache.find(3)
    }
    #expect(cache.find(3) != nil)
    #expect(cache.find(4) == nil)
    #expect(cache.find(UInt64(10 * TokenCache.promptLimit - 1)) != nil)
    let long = index.chains(of: Array(repeating: 7, count: 100_000), adapter: nil)
    for key in 0..<1_000 as Range<UInt64> { cache.insert(1 << 40 + key, long) }
    #expect(cache.count * long.byteCount <= TokenCache.byteLimit + cache.count * chains.byteCount + long.byteCount)
  }

  /// What callers were told, as it comes.
  private final class Answers: Sendable {
    let stream: AsyncStream<Int?>
    let told: AsyncStream<Int?>.Continuation
    init() { (stream, told) = AsyncStream.makeStream(of: Int?.self) }

    func next(_ count: Int) async -> [Int?] {
      var answers: [Int?] = []
      for await answer in stream {
        answers.append(answer)
        if answers.count == count { break }
      }
      return answers
    }
  }

  private func question(
    _ server: PageServer, _ body: String, of model: String = "m", timeout: TimeAmount = .seconds(120)
  )
    -> PromptTokenizer.Question
  {
    PromptTokenizer.Question(
      model: model, adapter: nil, replica: Replica(id: 1, name: "r", host: "127.0.0.1", port: server.port),
      body: Array(body.utf8), timeout: timeout)
  }

  private func tokenizer() -> PromptTokenizer {
    PromptTokenizer(group: MultiThreadedEventLoopGroup.singleton, tls: EngineTLS(trustFile: nil), index: index)
  }

  @Test("a prompt that several ask about is asked about once, and is known afterwards until engines have other blocks")
  func shared() async throws {
    let server = try await PageServer()
    server.serve("/tokenize", #"{"count":5,"tokens":[1,2,3,4,5]}"#)
    let (tokenizer, answers) = (tokenizer(), Answers())
    for _ in 0..<3 {
      if case .known = tokenizer.ask(question(server, "a"), answer: { answers.told.yield($0?.tokenCount) }) {
        answers.told.yield(5)
      }
    }
    #expect(await answers.next(3) == [5, 5, 5])
    guard case .known(let chains) = tokenizer.ask(question(server, "a"), answer: { _ in }) else {
      return #expect(Bool(false), "it is known")
    }
    #expect(chains.tokenCount == 5)
    #expect(server.paths == ["/tokenize"])
    #expect(tokenizer.statistics.calls == 1)
    // Another model's engines may go by the same name.
    _ = tokenizer.ask(question(server, "a", of: "other"), answer: { answers.told.yield($0?.tokenCount) })
    #expect(await answers.next(1) == [5])
    #expect(tokenizer.statistics.calls == 2)
    index.stored(replica: 0, hashes: [1], tokens: [1, 2, 3], blockSize: 3)
    _ = tokenizer.ask(question(server, "a"), answer: { answers.told.yield($0?.tokenCount) })
    #expect(await answers.next(1) == [5])
    #expect(tokenizer.statistics.calls == 3)
    try await server.stop()
  }

  @Test("failures are told, and after three in a row nobody is asked")
  func failing() async throws {
    let server = try await PageServer()
    server.serve("/tokenize", PageServer.Page(status: .internalServerError, text: #"{"tokens":[1]}"#))
    let (tokenizer, answers) = (tokenizer(), Answers())
    for body in ["a", "b", "c"] {
      _ = tokenizer.ask(question(server, body), answer: { answers.told.yield($0?.tokenCount) })
      #expect(await answers.next(1) == [nil])
    }
    guard case .declined = tokenizer.ask(question(server, "d"), answer: { _ in }) else {
      return #expect(Bool(false), "nobody is asked")
    }
    #expect(
      tokenizer.statistics == PromptTokenizer.Statistics(calls: 3, failures: 3, known: 0, shared: 0, declined: 1))
    try await server.stop()
  }

  @Test("an answer that does not come in time is none")
  func late() async throws {
    let server = try await PageServer()
    server.serve("/tokenize", PageServer.Page(isSilent: true))
    let (tokenizer, answers) = (tokenizer(), Answers())
    _ = tokenizer.ask(question(server, "a", timeout: .milliseconds(1)), answer: { answers.told.yield($0?.tokenCount) })
    #expect(await answers.next(1) == [nil])
    try await server.stop()
  }

  @Test("who leaves is told nothing, and the others are")
  func abandoned() async throws {
    let server = try await PageServer()
    server.serve("/tokenize", PageServer.Page(isSilent: true))
    let (tokenizer, answers) = (tokenizer(), Answers())
    let question = question(server, "a", timeout: .seconds(2))
    guard case .later(let first) = tokenizer.ask(question, answer: { _ in answers.told.yield(1) }),
      case .later = tokenizer.ask(question, answer: { _ in answers.told.yield(2) })
    else { return #expect(Bool(false), "both wait") }
    tokenizer.abandon(first)
    tokenizer.abandon(first)
    #expect(await answers.next(1) == [2])
    // One whom nobody waits for ends, and the same prompt may be asked about anew.
    guard case .later(let third) = tokenizer.ask(question, answer: { _ in answers.told.yield(3) }) else {
      return #expect(Bool(false), "it waits")
    }
    tokenizer.abandon(third)
    server.serve("/tokenize", #"{"tokens":[7]}"#)
    _ = tokenizer.ask(self.question(server, "a"), answer: { answers.told.yield($0?.tokenCount) })
    #expect(await answers.next(1) == [1])
    try await server.stop()
  }
}
