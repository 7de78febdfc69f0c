import ChatProtocols
import Pipeline
import Reading
import RouterConfig
import Signals
import Synchronization
import Testing
import TextEncoder

/// An encoder that answers when it is told to, and counts what it is asked.
private final class SlowEncoder: PromptEncoder {
  let name = "slow"
  let width = 2
  private let waiting = Mutex<[@Sendable (PromptEncoding) -> Void]>([])
  private let asked = Atomic<Int>(0)

  var questions: Int { asked.load(ordering: .relaxed) }

  func readNow(_ text: [UInt8]) -> PromptEncoding { .read(Self.encoded(text)) }

  func read(_ text: [UInt8], answer: @escaping @Sendable (PromptEncoding) -> Void) {
    asked.add(1, ordering: .relaxed)
    waiting.withLock { $0.append(answer) }
  }

  func answer(_ encoding: PromptEncoding) {
    for answer in waiting.withLock({ waiting in
      defer { waiting = [] }
      return waiting
    }) { answer(encoding) }
  }

  static func encoded(_ text: [UInt8]) -> EncodedText {
    var read = EncodedText()
    read.embedding = String(decoding: text, as: UTF8.self).contains("refund") ? [1, 0] : [0, 1]
    return read
  }
}

@Suite("Plans that wait for the encoder") struct EncoderTests {
  private typealias F = PipelineFixture

  private static func document() throws -> RouterDocument {
    try ConfigurationLoader(environment: [:]).load(
      Array(
        """
        version: v0.3
        providers:
          defaults: {default_model: m}
          models: [{name: m, backend_refs: [{name: r, endpoint: "10.0.0.1:8000"}]}]
        routing:
          signals:
            keywords: [{name: stop, keywords: [stop]}]
            embeddings: [{name: money, threshold: 0.9, candidates: [refund]}]
          decisions:
            - name: stopped
              priority: 9
              rules: {type: keyword, name: stop}
              plugins: [{type: fast_response, configuration: {message: Stopped.}}]
            - {name: money, priority: 5, rules: {type: embedding, name: money}, modelRefs: [{model: m}]}
        """.utf8), file: "test.yaml"
    ).document
  }

  private func snapshot(_ encoder: SlowEncoder?) throws -> RoutingSnapshot {
    let document = try Self.document()
    return try RoutingSnapshot(
      document: document, fleet: StaticFleet.build(document).fleet,
      models: ReadingModels(domain: CountingClassifier(nil), encoder: encoder),
      balancers: .init(maximumBlocks: 1_000), generation: 1)
  }

  private func begin(_ text: String, _ snapshot: RoutingSnapshot, _ pipeline: RoutePipeline) throws -> Planning {
    try Array(F.request(text).utf8).withUnsafeBytes {
      try pipeline.begin(body: $0, endpoint: .chatCompletions, snapshot: snapshot)
    }
  }

  private func finish(
    _ reading: UnfinishedPlan, _ encoding: PromptEncoding, _ text: String, _ pipeline: RoutePipeline
  ) throws -> RoutePlan {
    try Array(F.request(text).utf8).withUnsafeBytes { try pipeline.finish(reading, encoding: encoding, body: $0) }
  }

  @Test("a decision that needs the encoder waits, and is made with what it read; the text is known from then on")
  func waits() throws {
    let encoder = SlowEncoder()
    let snapshot = try snapshot(encoder)
    let pipeline = F.pipeline(cache: ReadingCache(maximumEntries: 8, maximumTextBytes: 4096, seed: 1))
    guard case .reading(let reading) = try begin("a refund please", snapshot, pipeline) else {
      Issue.record("it does not wait")
      return
    }
    let got = Mutex<PromptEncoding?>(nil)
    reading.read { encoding in got.withLock { $0 = encoding } }
    #expect(got.withLock { $0 == nil })
    encoder.answer(.read(SlowEncoder.encoded(reading.text)))
    let encoding = try #require(got.withLock { $0 })
    let plan = try finish(reading, encoding, "a refund please", pipeline)
    #expect(plan.selection?.decision == "money")
    guard case .planned(let again) = try begin("a refund please", snapshot, pipeline) else {
      Issue.record("what was read is not kept")
      return
    }
    #expect(again.selection?.decision == "money")
    #expect(again.wasReadBefore)
    #expect(encoder.questions == 1)
  }

  @Test("a decision that is made without the encoder does not wait")
  func doesNotWait() throws {
    let encoder = SlowEncoder()
    guard case .planned(let plan) = try begin("stop the refund", try snapshot(encoder), F.pipeline()) else {
      Issue.record("it waits")
      return
    }
    #expect(plan.selection?.decision == "stopped")
    #expect(encoder.questions == 0)
  }

  @Test("what the encoder failed at counts as failed, and is asked again the next time")
  func fails() throws {
    let encoder = SlowEncoder()
    let snapshot = try snapshot(encoder)
    let pipeline = F.pipeline(cache: ReadingCache(maximumEntries: 8, maximumTextBytes: 4096, seed: 1))
    for _ in 0..<2 {
      guard case .reading(let reading) = try begin("a refund please", snapshot, pipeline) else {
        Issue.record("it does not wait")
        return
      }
      let plan = try finish(reading, .failed(reason: "late"), "a refund please", pipeline)
      #expect(plan.selection?.decision == nil)
      #expect(plan.readings[.embedding]?.readings[0].state == .failed(reason: "late"))
    }
  }

  @Test("without an encoder nothing waits")
  func without() throws {
    guard case .planned(let plan) = try begin("a refund please", try snapshot(nil), F.pipeline()) else {
      Issue.record("it waits for nobody")
      return
    }
    #expect(plan.selection?.decision == nil)
  }

  // MARK: The subject

  /// A rule of a subject before the rule that wants the encoder.
  private func snapshot(_ encoder: SlowEncoder, classifier: CountingClassifier) throws -> RoutingSnapshot {
    var document = try Self.document()
    document.routing.signals.domains = [DomainRule(name: "law", labels: [.law])]
    document.routing.decisions[0].rules = .leaf(RuleLeaf(type: "domain", name: "law"))
    return try RoutingSnapshot(
      document: document, fleet: StaticFleet.build(document).fleet,
      models: ReadingModels(domain: classifier, encoder: encoder),
      balancers: .init(maximumBlocks: 1_000), generation: 1)
  }

  @Test("a subject that wants the encoder is read on its thread, before its answer, and not again at the end")
  func subject() throws {
    let (encoder, classifier) = (SlowEncoder(), CountingClassifier(.law, wantsEncoding: true))
    let pipeline = F.pipeline()
    guard case .reading(let reading) = try begin("a text", try snapshot(encoder, classifier: classifier), pipeline)
    else {
      Issue.record("it does not wait")
      return
    }
    let got = Mutex<(encoding: PromptEncoding, calls: Int)?>(nil)
    reading.read { encoding in got.withLock { $0 = (encoding, classifier.calls) } }
    #expect(classifier.calls == 0)
    encoder.answer(.read(SlowEncoder.encoded(reading.text)))
    let answer = try #require(got.withLock { $0 })
    #expect(answer.calls == 1)
    let plan = try finish(reading, answer.encoding, "a text", pipeline)
    #expect(plan.selection?.decision == "stopped")
    #expect(classifier.calls == 1)
  }

  @Test("where the encoder failed, the subject is read by whoever finishes the plan; where nobody waits, by nobody")
  func subjectWithoutEncoding() throws {
    let (encoder, classifier) = (SlowEncoder(), CountingClassifier(.law, wantsEncoding: true))
    let snapshot = try snapshot(encoder, classifier: classifier)
    let pipeline = F.pipeline()
    guard case .reading(let failing) = try begin("a text", snapshot, pipeline),
      case .reading(let abandoned) = try begin("a text", snapshot, pipeline)
    else {
      Issue.record("it does not wait")
      return
    }
    failing.read { _ in }
    encoder.answer(.failed(reason: "late"))
    #expect(classifier.calls == 0)
    #expect(try finish(failing, .failed(reason: "late"), "a text", pipeline).selection?.decision == "stopped")
    #expect(classifier.calls == 1)
    abandoned.abandon()
    abandoned.read { _ in }
    encoder.answer(.read(SlowEncoder.encoded(abandoned.text)))
    #expect(classifier.calls == 1)
  }

  // MARK: Long texts

  /// Takes texts that hold `attack` for attacks, and counts what it reads.
  private final class CountingGuard: TextClassifier {
    let name = "counting-guard"
    let labels = PromptGuardSettings.labels
    private let read = Atomic<Int>(0)
    var count: Int { read.load(ordering: .relaxed) }

    func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
      read.add(1, ordering: .relaxed)
      let isAttack = String(decoding: text, as: UTF8.self).contains("attack")
      return .success(TextClassification(probabilities: isAttack ? [0, 1, 0, 0] : [1, 0, 0, 0]))
    }
  }

  private func guarded(_ promptGuard: CountingGuard) throws -> RoutingSnapshot {
    var document = try Self.document()
    document.routing.signals.jailbreak = [JailbreakRule(name: "j")]
    document.routing.decisions[0].rules = .leaf(RuleLeaf(type: "jailbreak", name: "j"))
    return try RoutingSnapshot(
      document: document, fleet: StaticFleet.build(document).fleet,
      models: ReadingModels(domain: CountingClassifier(nil), promptGuard: promptGuard),
      balancers: .init(maximumBlocks: 1_000), generation: 1)
  }

  @Test("a long text is read by the guard on another thread, once, and a short one at once")
  func longTexts() async throws {
    let promptGuard = CountingGuard()
    let snapshot = try guarded(promptGuard)
    let pipeline = RoutePipeline(cache: nil, longTexts: LongTextQueue()) { 0 }
    guard case .planned = try begin("short", snapshot, pipeline) else {
      Issue.record("a short text waits")
      return
    }
    let text = String(repeating: "word ", count: 4_000) + "attack"
    guard case .reading(let reading) = try begin(text, snapshot, pipeline) else {
      Issue.record("a long text holds the loop up")
      return
    }
    let encoding = await withCheckedContinuation { continuation in reading.read { continuation.resume(returning: $0) } }
    #expect(promptGuard.count == 2)
    let plan = try finish(reading, encoding, text, pipeline)
    #expect(plan.selection?.decision == "stopped")
    #expect(promptGuard.count == 2)
  }

  @Test("what nobody waits for any more is not read")
  func abandoned() async throws {
    let promptGuard = CountingGuard()
    let pipeline = RoutePipeline(cache: nil, longTexts: LongTextQueue()) { 0 }
    let text = String(repeating: "word ", count: 4_000)
    guard case .reading(let reading) = try begin(text, try guarded(promptGuard), pipeline) else {
      Issue.record("it does not wait")
      return
    }
    reading.abandon()
    _ = await withCheckedContinuation { continuation in reading.read { continuation.resume(returning: $0) } }
    #expect(promptGuard.count == 0)
  }

  @Test("many short texts of a history are a long text, and too long a history closes the guard")
  func history() throws {
    let promptGuard = CountingGuard()
    var document = try Self.document()
    document.routing.signals.jailbreak = [JailbreakRule(name: "j", includesHistory: true)]
    document.routing.decisions[0].rules = .leaf(RuleLeaf(type: "jailbreak", name: "j"))
    let snapshot = try RoutingSnapshot(
      document: document, fleet: StaticFleet.build(document).fleet,
      models: ReadingModels(domain: CountingClassifier(nil), promptGuard: promptGuard),
      balancers: .init(maximumBlocks: 1_000), generation: 1)
    func body(_ texts: [String]) -> [UInt8] {
      let messages = texts.map { #"{"role":"user","content":"\#($0)"}"# }
      return Array((#"{"model":"MoM","messages":["# + messages.joined(separator: ",") + "]}").utf8)
    }
    let pipeline = RoutePipeline(cache: nil, longTexts: LongTextQueue()) { 0 }
    let short = try body(Array(repeating: "a", count: 100)).withUnsafeBytes {
      try pipeline.begin(body: $0, endpoint: .chatCompletions, snapshot: snapshot)
    }
    guard case .reading = short else {
      Issue.record("a hundred texts hold the loop up")
      return
    }
    let long = try body([String(repeating: "a ", count: 2_200_000), "b"]).withUnsafeBytes {
      try F.pipeline().plan(body: $0, endpoint: .chatCompletions, snapshot: snapshot)
    }
    #expect(long.selection?.decision == "stopped")
    #expect(long.readings[.jailbreak]?.readings[0].evidence == ["classification_error"])
  }

  @Test("where too many long texts wait the guard closes; where there are no other threads it reads at once")
  func noRoom() throws {
    let promptGuard = CountingGuard()
    let snapshot = try guarded(promptGuard)
    let text = String(repeating: "word ", count: 4_000) + "attack"
    let full = RoutePipeline(cache: nil, longTexts: LongTextQueue(limit: 0)) { 0 }
    guard case .reading(let reading) = try begin(text, snapshot, full) else {
      Issue.record("it does not try")
      return
    }
    let got = Mutex<PromptEncoding?>(nil)
    reading.read { encoding in got.withLock { $0 = encoding } }
    let plan = try finish(reading, try #require(got.withLock { $0 }), text, full)
    #expect(plan.selection?.decision == "stopped")
    #expect(plan.readings[.jailbreak]?.readings[0].evidence == ["classification_error"])
    #expect(promptGuard.count == 0)
    guard case .planned(let direct) = try begin(text, snapshot, F.pipeline()) else {
      Issue.record("it waits for nobody")
      return
    }
    #expect(direct.selection?.decision == "stopped")
  }

  @Test(
    "the header tells a guard that closed because it could not read from one that matched", arguments: [true, false])
  func closedGuard(isAttack: Bool) throws {
    var document = try Self.document()
    document.routing.signals.jailbreak = [
      JailbreakRule(name: "j"), JailbreakRule(name: "like", method: .contrastive, attacks: ["a"], benign: ["b"]),
    ]
    document.routing.decisions[0].rules = .leaf(RuleLeaf(type: "jailbreak", name: "like"))
    let snapshot = try RoutingSnapshot(
      document: document, fleet: StaticFleet.build(document).fleet,
      models: ReadingModels(domain: CountingClassifier(nil), promptGuard: CountingGuard()),
      balancers: .init(maximumBlocks: 1_000), generation: 1)
    let plan = try Array(F.request(isAttack ? "an attack" : "a question").utf8).withUnsafeBytes {
      try F.pipeline().plan(body: $0, endpoint: .chatCompletions, snapshot: snapshot)
    }
    #expect(plan.selection?.decision == "stopped")
    var headers: [String: String] = [:]
    RouteHeaders.forEachOfOwnAnswer(plan, withDebug: true) { headers["\($0)"] = $1 }
    #expect(headers["x-vsr-matched-jailbreak"] == (isAttack ? "j,classification_error" : "classification_error"))
  }

  @Test("an answer of the router's own needs no model and edits nothing")
  func ownAnswer() throws {
    guard case .planned(let plan) = try begin("stop", try snapshot(nil), F.pipeline()) else {
      Issue.record("it waits")
      return
    }
    let answer = try #require(plan.ownAnswer(created: 1))
    #expect(String(decoding: answer.body, as: UTF8.self).contains("Stopped."))
    #expect(plan.model.isEmpty)
    var headers: [String: String] = [:]
    RouteHeaders.forEachOfOwnAnswer(plan, withDebug: true) { headers["\($0)"] = $1 }
    #expect(headers["x-vsr-response-path"] == "fast_response")
    #expect(headers["x-vsr-fast-response"] == "true")
    #expect(headers["x-vsr-selected-decision"] == "stopped")
    #expect(headers["x-vsr-matched-keywords"] == "stop")
    #expect(headers["x-vsr-selected-model"] == nil)
  }
}
