import Balancing
import Fleet
import NIOCore
import Synchronization

/// Asks engines for the tokens of prompts (`POST /tokenize`), once for each prompt at a time, and keeps what the last ones came to.
///
/// Calls run on a loop of its own, where answers of some hundred kilobytes are read without keeping requests waiting. Bounded:
/// ``callLimit`` calls with ``byteLimit`` of prompts at a time, the cache as ``TokenCache`` says. A model whose engines failed
/// three times in a row is let alone for a while (``TokenizePause``). Safe from any thread.
public final class PromptTokenizer: Sendable {
  /// Calls at a time; prompts beyond are not asked about.
  public static let callLimit = 256
  /// Bytes of prompts in those calls.
  public static let byteLimit = 64 << 20
  /// Bytes of an engine's answer that are read at most.
  static let answerLimit = 16 << 20

  /// What an engine is asked.
  public struct Question: Sendable {
    /// By which failures are counted.
    public var model: String
    /// The adapter that the prompt is for.
    public var adapter: String?
    public var replica: Replica
    /// Of the engine's `/tokenize`, with what stands before it there.
    public var path: String
    /// Sent beside `host` and `content-type`.
    public var headers: [(String, String)]
    public var body: [UInt8]
    /// How long the answer is waited for; above 0.
    public var timeout: TimeAmount

    public init(
      model: String, adapter: String?, replica: Replica, path: String = "/tokenize", headers: [(String, String)] = [],
      body: [UInt8], timeout: TimeAmount
    ) {
      self.model = model
      self.adapter = adapter
      self.replica = replica
      self.path = path
      self.headers = headers
      self.body = body
      self.timeout = timeout
    }
  }

  public enum Reply: Sendable {
    case known(TokenChains)
    /// The answer comes later, and before the question's time is over.
    case later(Wait)
    /// Nobody is asked: too much is under way, or the model's engines fail.
    case declined
  }

  /// Somebody who waits for an answer.
  public struct Wait: Sendable {
    fileprivate let key: UInt64
    fileprivate let number: Int
  }

  /// Counts since the start.
  public struct Statistics: Sendable, Equatable {
    /// Calls to engines.
    public var calls = 0
    public var failures = 0
    /// Prompts whose tokens were known.
    public var known = 0
    /// Prompts that were asked about already.
    public var shared = 0
    public var declined = 0
  }

  private struct Call {
    /// Of the wait that began it: tells it from a later call for the same prompt.
    var number: Int
    var waiting: [Int: @Sendable (TokenChains?) -> Void] = [:]
    var bytes: Int
    /// Of the engine; set and used on the loop.
    var running: NIOLoopBound<EngineCall>?
  }

  private struct State {
    var cache = TokenCache()
    var calls: [UInt64: Call] = [:]
    var bytes = 0
    var lastWait = 0
    /// Of models that fail; no more than there are models.
    var pauses: [String: TokenizePause] = [:]
    var statistics = Statistics()
  }

  private let group: any EventLoopGroup
  private let loop: any EventLoop
  private let tls: EngineTLS
  private let index: TokenBlockIndex
  /// So that nobody outside can make two prompts look like one.
  private let seed: UInt64
  private let state = Mutex(State())

  /// - Parameters:
  ///   - group: one of its loops makes the calls.
  ///   - index: whose sizes of blocks count.
  public init(
    group: any EventLoopGroup, tls: EngineTLS, index: TokenBlockIndex, seed: UInt64 = .random(in: 0 ... .max)
  ) {
    self.group = group
    loop = group.next()
    self.tls = tls
    self.index = index
    self.seed = seed
  }

  public var statistics: Statistics { state.withLock { $0.statistics } }

  /// Finds a prompt's tokens, or has an engine asked for them.
  ///
  /// - Parameters:
  ///   - question: of a prompt that others may be asking about too.
  ///   - answer: called once from the tokenizer's loop where the reply is ``Reply/later(_:)``, unless the wait is abandoned; nil
  ///     means that the tokens are not to be had.
  public func ask(
    _ question: Question, answer: @escaping @Sendable (TokenChains?) -> Void
  ) -> Reply {
    let key = key(question)
    let now = NIODeadline.now().uptimeNanoseconds
    let (reply, number) = state.withLock { state -> (Reply, Int?) in
      if let known = state.cache.find(key), index.isCurrent(known) {
        state.statistics.known += 1
        return (.known(known), nil)
      }
      state.lastWait += 1
      let wait = Wait(key: key, number: state.lastWait)
      if state.calls[key] != nil {
        state.statistics.shared += 1
        state.calls[key]?.waiting[wait.number] = answer
        return (.later(wait), nil)
      }
      guard state.pauses[question.model]?.allows(now: now) ?? true, state.calls.count < Self.callLimit,
        state.bytes + question.body.count <= Self.byteLimit
      else {
        state.statistics.declined += 1
        return (.declined, nil)
      }
      state.statistics.calls += 1
      state.bytes += question.body.count
      state.calls[key] = Call(number: wait.number, waiting: [wait.number: answer], bytes: question.body.count)
      return (.later(wait), wait.number)
    }
    if let number { loop.execute { self.call(question, key, number) } }
    return reply
  }

  /// Nobody wants this answer any more. A call that nobody waits for ends.
  public func abandon(_ wait: Wait) {
    let running = state.withLock { state -> NIOLoopBound<EngineCall>? in
      guard let call = state.calls[wait.key], call.waiting[wait.number] != nil else { return nil }
      state.calls[wait.key]?.waiting[wait.number] = nil
      guard call.waiting.count == 1 else { return nil }
      state.calls[wait.key] = nil
      state.bytes -= call.bytes
      return call.running
    }
    if let running { loop.execute { running.value.cancel() } }
  }

  private func key(_ question: Question) -> UInt64 {
    // Engines of two models may serve them under one name.
    let adapter = question.adapter.map { BlockHash.key(of: $0) } ?? 0
    let model = BlockHash.key(of: question.model) &* 0x9E37_79B9_7F4A_7C15
    return question.body.withUnsafeBytes { BlockHash.hash($0, seed: seed ^ adapter ^ model) }
  }

  // MARK: On the loop

  private func call(_ question: Question, _ key: UInt64, _ number: Int) {
    guard state.withLock({ $0.calls[key]?.number == number }) else { return }
    let replica = question.replica
    let running = EngineCall(
      EngineCall.Request(
        host: replica.host, port: replica.port, usesTLS: replica.usesTLS, path: question.path,
        headers: [("content-type", "application/json")] + question.headers, body: ByteBuffer(bytes: question.body),
        connectTimeout: question.timeout, timeout: question.timeout,
        answer: .kept(limit: Self.answerLimit, hold: { _ in true })),
      on: loop, tls: tls, onSent: {}, onEnd: { [self] in ended($0, question, key, number) })
    let bound = NIOLoopBound(running, eventLoop: loop)
    let isWanted = state.withLock { state in
      guard state.calls[key]?.number == number else { return false }
      state.calls[key]?.running = bound
      return true
    }
    if !isWanted { running.cancel() }
  }

  private func ended(
    _ result: Result<EngineCall.Answer, EngineCall.Failure>, _ question: Question, _ key: UInt64, _ number: Int
  ) {
    var chains: TokenChains?
    if case .success(let answer) = result, answer.status == 200,
      let tokens = answer.body.withUnsafeReadableBytes({ TokenizeAnswer.tokens($0) })
    {
      chains = index.chains(of: tokens, adapter: question.adapter)
    }
    // What this process lacks is no engine's fault.
    let isOurs = if case .failure(.exhausted) = result { true } else { false }
    let now = NIODeadline.now().uptimeNanoseconds
    let waiting = state.withLock { [chains] state -> [@Sendable (TokenChains?) -> Void] in
      guard let call = state.calls[key], call.number == number else { return [] }
      state.calls[key] = nil
      state.bytes -= call.bytes
      if let chains {
        state.cache.insert(key, chains)
        state.pauses[question.model] = nil
      } else {
        state.statistics.failures += 1
        if !isOurs { state.pauses[question.model, default: TokenizePause()].failed(now: now) }
      }
      return Array(call.waiting.values)
    }
    for answer in waiting { answer(chains) }
  }
}
