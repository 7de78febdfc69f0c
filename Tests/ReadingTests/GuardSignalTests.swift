import ChatProtocols
import Reading
import RouterConfig
import Signals
import Testing
import TextEncoder

@Suite("The signals jailbreak, pii and embedding") struct GuardSignalTests {
  private func read(
    _ family: SignalFamily, _ signals: SignalDeclarations, _ text: String, history: [String] = [],
    promptGuard: (any TextClassifier)? = FixedGuard(), finder: (any PersonalDataReader)? = FixedFinder(),
    encoder: (any PromptEncoder)? = nil, encoding: PromptEncoding? = nil, settings: GlobalSettings = GlobalSettings()
  ) throws -> FamilyReading {
    let reader = try PromptReader(
      signals: signals,
      models: ReadingModels(
        domain: FixedClassifier([:]), promptGuard: promptGuard, personalData: finder, encoder: encoder),
      settings: settings)
    let facts = PromptFacts(evaluationText: Array(text.utf8), history: history.map { Array($0.utf8) })
    return reader.read(family, of: facts, encoding: encoding ?? encoder?.readNow(Array(text.utf8)) ?? .absent) { 0 }
  }

  private func state(_ reading: FamilyReading) -> SignalReading.State? { reading.readings.first?.state }

  // MARK: jailbreak

  @Test("the risk is the probability of the positive labels, compared with the rule's threshold or the guard's")
  func risk() throws {
    let rules = SignalDeclarations(jailbreak: [
      JailbreakRule(name: "usual"), JailbreakRule(name: "strict", threshold: 0.8),
    ])
    let reading = try read(.jailbreak, rules, "an attack")
    #expect(reading.readings.map(\.isMatched) == [true, false])
    #expect(abs((reading.readings[0].value ?? 0) - 0.75) < 1e-6)
    #expect(reading.readings[0].evidence == ["jailbreak"])
    #expect(try read(.jailbreak, rules, "a question").readings.map(\.isMatched) == [false, false])
    var settings = GlobalSettings()
    settings.promptGuard.positiveLabels = ["jailbreak", "harmful_request", "toxicity"]
    #expect(try read(.jailbreak, rules, "an attack", settings: settings).readings.map(\.isMatched) == [true, true])
    settings.promptGuard = PromptGuardSettings(threshold: 0.76)
    #expect(try read(.jailbreak, rules, "an attack", settings: settings).readings[0].isMatched == false)
  }

  @Test("earlier messages are read where a rule asks for them")
  func history() throws {
    let rules = SignalDeclarations(jailbreak: [
      JailbreakRule(name: "now"), JailbreakRule(name: "ever", includesHistory: true),
    ])
    let reading = try read(.jailbreak, rules, "go on", history: ["hello", "an attack"])
    #expect(reading.readings.map(\.isMatched) == [false, true])
  }

  @Test(
    "a guard that fails closes, unless it is told to open",
    arguments: [GuardFailure.block, .allow], [true, false])
  func failure(_ onError: GuardFailure, isMissing: Bool) throws {
    var settings = GlobalSettings()
    settings.promptGuard.onError = onError
    let reading = try read(
      .jailbreak, SignalDeclarations(jailbreak: [JailbreakRule(name: "j")]), "hello",
      promptGuard: isMissing ? nil : FixedGuard(failure: ClassifierError("down")), settings: settings)
    switch onError {
    case .block:
      #expect(state(reading) == .matched(confidence: 1))
      #expect(reading.readings[0].evidence == ["classification_error"])
    case .allow:
      guard case .failed = state(reading) else {
        Issue.record("\(reading)")
        return
      }
    }
    #expect(reading.note?.contains("the guard failed") == true)
    #expect(reading.isProvisional)
  }

  @Test("contrastive: likeness to attacks less likeness to harmless prompts")
  func contrastive() throws {
    let encoder = FixedEncoder(["a": [1, 0, 0], "b": [0, 1, 0], "near a": [8, 6, 0], "near b": [0.6, 0.8, 0]])
    let rules = SignalDeclarations(jailbreak: [
      JailbreakRule(name: "c", method: .contrastive, attacks: ["a"], benign: ["b"])
    ])
    let hit = try read(.jailbreak, rules, "near a", encoder: encoder)
    #expect(hit.readings[0].isMatched)
    #expect(abs((hit.readings[0].value ?? 0) - 0.2) < 1e-6)
    #expect(try !read(.jailbreak, rules, "near b", encoder: encoder).readings[0].isMatched)
    let blind = try read(.jailbreak, rules, "near b", encoder: encoder, encoding: .failed(reason: "late"))
    #expect(blind.readings[0].evidence == ["classification_error"])
  }

  @Test("a text that the encoder read in part is judged by that part, said in the trace and not kept")
  func readInPart() throws {
    let encoder = FixedEncoder(["a": [1, 0, 0], "b": [0, 1, 0]])
    let rules = SignalDeclarations(
      jailbreak: [JailbreakRule(name: "c", method: .contrastive, attacks: ["a"], benign: ["b"])],
      embeddings: [EmbeddingRule(name: "e", threshold: 0.9, candidates: ["a"], aggregation: .max)])
    var read = EncodedText()
    (read.embedding, read.windows, read.plannedWindows) = ([0, 1, 0], [0..<254], 8)
    func reading(_ family: SignalFamily) throws -> FamilyReading {
      try self.read(family, rules, "a long text", encoder: encoder, encoding: .read(read))
    }
    let like = try reading(.embedding)
    #expect(state(like) == .unmatched && like.isProvisional)
    #expect(like.note?.contains("after 1 of the text's 8 windows") == true)
    // A guard that has read so little closes; one that has read half of it does not.
    let closed = try reading(.jailbreak)
    #expect(closed.readings[0].evidence == [SignalReading.readerFailed] && closed.isProvisional)
    read.windows = [0..<254, 1_140..<1_394, 190..<444, 380..<634]
    let half = try reading(.jailbreak)
    #expect(state(half) == .unmatched && half.isProvisional)
    read.plannedWindows = 1
    let whole = try self.read(.jailbreak, rules, "a short text", encoder: encoder, encoding: .read(read))
    #expect(!whole.isProvisional)
  }

  // MARK: pii

  @Test("a find counts by its confidence and when its type is not allowed")
  func personalData() throws {
    let rules = SignalDeclarations(pii: [
      PersonalDataRule(name: "all", threshold: 0.5), PersonalDataRule(name: "sure"),
      PersonalDataRule(name: "mail is fine", threshold: 0.5, allowedTypes: ["EMAIL_ADDRESS"]),
      PersonalDataRule(name: "ever", includesHistory: true),
    ])
    func matched(_ text: String, history: [String] = []) throws -> [Bool] {
      try read(.pii, rules, text, history: history).readings.map(\.isMatched)
    }
    #expect(try matched("x@y") == [true, true, false, true])
    #expect(try matched("Ann") == [true, false, true, false])
    #expect(try matched("none") == [false, false, false, false])
    #expect(try matched("none", history: ["x@y"]) == [false, false, false, true])
    let reading = try read(.pii, rules, "Ann x@y x@y")
    #expect(reading.readings[0].evidence == ["EMAIL_ADDRESS", "PERSON"])
    #expect(reading.readings[0].value == 3)
  }

  @Test("personal data that cannot be looked for counts as there")
  func noFinder() throws {
    let rules = SignalDeclarations(pii: [PersonalDataRule(name: "p")])
    let reading = try read(.pii, rules, "hello", finder: nil)
    #expect(state(reading) == .matched(confidence: 1))
    var settings = GlobalSettings()
    settings.personalData.onError = .allow
    guard case .failed = state(try read(.pii, rules, "hello", finder: nil, settings: settings)) else {
      Issue.record("it opened without saying so")
      return
    }
  }

  // MARK: embedding

  private static let encoder = FixedEncoder([
    "refund": [5, 0, 0], "money back": [0.8, 0.6, 0], "weather": [0, 1, 0], "give me my money": [0.96, 0.28, 0],
  ])

  @Test("mean and best likeness, hard and soft matches, the likest rules first")
  func embedding() throws {
    let rules = SignalDeclarations(embeddings: [
      EmbeddingRule(name: "mean", threshold: 0.9, candidates: ["refund", "money back"]),
      EmbeddingRule(name: "best", threshold: 0.9, candidates: ["refund", "weather"], aggregation: .max),
      EmbeddingRule(name: "rain", threshold: 0.2, candidates: ["weather"]),
    ])
    var settings = GlobalSettings()
    settings.embeddings.topRules = 0
    let all = try read(.embedding, rules, "give me my money", encoder: Self.encoder, settings: settings)
    // 0.96·1 and 0.96·0.8 + 0.28·0.6 = 0.936: mean 0.948. Best: 0.75·0.96 + 0.25·(0.96 + 0.28)/2 = 0.875.
    #expect(all.readings.map { ($0.value ?? 0) * 1000 }.map { $0.rounded() } == [948, 875, 280])
    #expect(all.readings.map(\.isMatched) == [true, false, true])
    let one = try read(.embedding, rules, "give me my money", encoder: Self.encoder)
    #expect(one.readings.map(\.isMatched) == [true, false, false])
  }

  @Test("soft matching takes what reaches the lowest score when nothing reaches its own")
  func soft() throws {
    let rules = SignalDeclarations(embeddings: [
      EmbeddingRule(name: "a", threshold: 0.99, candidates: ["refund"]),
      EmbeddingRule(name: "b", threshold: 0.99, candidates: ["weather"]),
    ])
    let reading = try read(.embedding, rules, "give me my money", encoder: Self.encoder)
    #expect(reading.readings.map(\.isMatched) == [true, false])
    #expect(reading.note?.contains("softly") == true)
    var settings = GlobalSettings()
    settings.embeddings.matchesSoftly = false
    let hard = try read(.embedding, rules, "give me my money", encoder: Self.encoder, settings: settings)
    #expect(hard.readings.map(\.isMatched) == [false, false])
  }

  @Test("without an encoder, or when it is late, rules fail and say the way out")
  func noEncoder() throws {
    let rules = SignalDeclarations(embeddings: [EmbeddingRule(name: "a", threshold: 0.5, candidates: ["refund"])])
    guard case .failed(let reason) = state(try read(.embedding, rules, "refund")) else {
      Issue.record("it must fail")
      return
    }
    #expect(reason.contains("switchyard models fetch"))
    let late = try read(.embedding, rules, "refund", encoder: Self.encoder, encoding: .failed(reason: "late"))
    #expect(state(late) == .failed(reason: "late"))
    #expect(late.isProvisional)
  }

  @Test("a family waits for the encoder only where there is one and a rule that wants it")
  func wanting() throws {
    func wants(_ signals: SignalDeclarations, _ encoder: (any PromptEncoder)?) throws -> [SignalFamily] {
      let reader = try PromptReader(
        signals: signals,
        models: ReadingModels(
          domain: FixedClassifier([:]), promptGuard: FixedGuard(), personalData: FixedFinder(), encoder: encoder))
      return SignalFamily.allCases.filter(reader.wantsEncoding)
    }
    let signals = SignalDeclarations(
      jailbreak: [JailbreakRule(name: "j")], pii: [PersonalDataRule(name: "p")],
      embeddings: [EmbeddingRule(name: "e", threshold: 0.5, candidates: ["refund"])])
    #expect(try wants(signals, nil) == [])
    #expect(try wants(signals, Self.encoder) == [.embedding])
    var contrastive = signals
    contrastive.jailbreak[0].method = .contrastive
    #expect(try wants(contrastive, Self.encoder) == [.jailbreak, .embedding])
    #expect(try wants(SignalDeclarations(), Self.encoder) == [])
  }
}
