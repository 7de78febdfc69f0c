import ChatProtocols
import RouterConfig
import Signals
import Testing

@testable import Reading

@Suite("Prompt reader")
struct PromptReaderTests {
  @Test("each family is read by its own rules and timed by the caller's clock")
  func reading() throws {
    let signals = SignalDeclarations(
      keywords: [KeywordRule(name: "thinking", keywords: ["think"])],
      domains: [DomainRule(name: "math", labels: [.math])], language: [LanguageRule(name: "en")],
      context: [ContextRule(name: "short", maxTokens: 100)],
      structure: [StructureRule(name: "question", feature: .exists, source: .regex(pattern: #"\?"#))],
      conversation: [ConversationRule(name: "any", feature: .exists, source: .message(role: nil))],
      metadata: [MetadataRule(name: "gold", key: "tier", predicate: .equals("gold"))],
      jailbreak: [JailbreakRule(name: "attack")], pii: [PersonalDataRule(name: "personal")],
      embeddings: [EmbeddingRule(name: "like", threshold: 0.9, candidates: ["what do you think?"])])
    let encoder = FixedEncoder([:])
    let reader = try PromptReader(
      signals: signals,
      models: ReadingModels(
        domain: FixedClassifier([.math: 1]), promptGuard: FixedGuard(word: "derivative"), personalData: FixedFinder(),
        encoder: encoder))
    var facts = PromptFacts(
      evaluationText: Array("What do you think of the derivative @ 3?".utf8), metadata: ["tier": "gold"])
    facts.conversation.messages = 1
    for family in SignalFamily.allCases {
      var ticks: [UInt64] = [100, 350]
      let reading = reader.read(family, of: facts, encoding: encoder.readNow([])) { ticks.removeFirst() }
      #expect(reading.readings.map(\.isMatched) == [true], "\(family)")
      #expect(reading.nanoseconds == 250)
      #expect(reader.declares(family))
    }
  }

  @Test("a family without rules gives no readings")
  func noRules() throws {
    let reader = try PromptReader(signals: SignalDeclarations(), models: ReadingModels(domain: FixedClassifier([:])))
    for family in SignalFamily.allCases {
      #expect(reader.read(family, of: PromptFacts()) { 7 } == FamilyReading(readings: []))
      #expect(!reader.declares(family))
    }
  }

  @Test("all problems of a document are reported at once, under its prefix")
  func problems() {
    let signals = SignalDeclarations(
      keywords: [KeywordRule(name: "a", keywords: ["("], method: .regex)], language: [LanguageRule(name: "klingon")],
      structure: [StructureRule(name: "s", feature: .count, source: .regex(pattern: "["))])
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try PromptReader(
        signals: signals, models: ReadingModels(domain: FixedClassifier([:])), pathPrefix: "recipes[2].routing.signals")
    }
    #expect(
      error?.problems.map(\.path) == [
        "recipes[2].routing.signals.keywords[0].keywords[0]",
        "recipes[2].routing.signals.structure[0].feature.source.pattern", "recipes[2].routing.signals.language[0].name",
      ])
  }

  @Test("the table lists every family in its order, and the reference has a section for each")
  func table() {
    #expect(SignalTable.entries.map(\.family) == SignalFamily.allCases)
    let reference = SignalReference.markdown()
    for entry in SignalTable.entries {
      #expect(reference.contains("\n## \(entry.ruleType)\n"))
      #expect(reference.contains("| key of `\(entry.documentKey)[]` |"))
      #expect(!entry.documentation.fields.isEmpty)
    }
  }
}
