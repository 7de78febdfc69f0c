import ChatProtocols
import RouterConfig
import Signals
import Testing

@testable import Reading

@Suite("Signals context, conversation and metadata")
struct EnvelopeSignalTests {
  private func size(_ set: (inout PromptSize) -> Void) -> PromptSize {
    var size = PromptSize()
    set(&size)
    return size
  }

  @Test("the token estimate counts text, structure, images and the output asked for")
  func estimate() {
    #expect(ContextSignal.estimate(PromptSize()) == 0)
    #expect(ContextSignal.estimate(size { $0.textBytes = 5 }) == 2)
    #expect(ContextSignal.estimate(size { ($0.textBytes, $0.messages) = (4001, 1) }) == 1004)
    #expect(
      ContextSignal.estimate(
        size { ($0.textBytes, $0.messages, $0.structuredBytes, $0.outputReserve) = (4001, 1, 2000, 512) }) == 3516)
    #expect(ContextSignal.estimate(size { ($0.images, $0.toolCalls, $0.toolDefinitions) = (2, 3, 1) }) == 16416)
    #expect(ContextSignal.estimate(size { ($0.outputReserve, $0.textBytes) = (.max, 400) }) == .max)
    #expect(ContextSignal.estimate(size { $0.outputReserve = -5 }) == 0)
  }

  @Test("both bounds are inside, and no upper bound means none")
  func contextBounds() throws {
    let signal = try ContextSignal([
      ContextRule(name: "small", minTokens: 0, maxTokens: 10), ContextRule(name: "ten", minTokens: 10, maxTokens: 10),
      ContextRule(name: "large", minTokens: 11),
    ]) { "routing.signals.context[\($0)]" }
    let ten = signal.read(PromptFacts(size: size { $0.textBytes = 40 })).readings
    #expect(ten.map(\.isMatched) == [true, true, false])
    #expect(ten.map(\.value) == [10, 10, 10])
    let eleven = signal.read(PromptFacts(size: size { $0.textBytes = 41 })).readings
    #expect(eleven.map(\.isMatched) == [false, false, true])
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try ContextSignal([ContextRule(name: "x", minTokens: 5, maxTokens: 4)]) { "routing.signals.context[\($0)]" }
    }
    #expect(error?.problems.map(\.path) == ["routing.signals.context[0].max_tokens"])
  }

  @Test("conversation counts what its source names")
  func conversation() throws {
    var facts = ConversationFacts()
    (facts.userMessages, facts.assistantMessages, facts.toolMessages, facts.messages) = (3, 2, 1, 7)
    (facts.toolDefinitions, facts.assistantToolCalls, facts.completedToolCycles, facts.images) = (4, 2, 1, 0)
    facts.isInToolLoop = true
    let sources: [(ConversationRule.Source, Double)] = [
      (.message(role: nil), 7), (.message(role: "user"), 3), (.message(role: "assistant"), 2),
      (.message(role: "system"), 0), (.message(role: "tool"), 1), (.message(role: "non_user"), 4), (.toolDefinition, 4),
      (.assistantToolCall, 2), (.assistantToolCycle, 1), (.activeToolLoop, 1), (.imageContent, 0),
    ]
    let signal = try ConversationSignal(
      sources.map { ConversationRule(name: "r", feature: .count, source: $0.0) }
    ) { "\($0)" }
    let readings = signal.read(PromptFacts(conversation: facts)).readings
    #expect(readings.map(\.value) == sources.map(\.1))
    #expect(readings.map(\.isMatched) == sources.map { $0.1 > 0 })
  }

  @Test("conversation predicates compare the number, also that of exists")
  func conversationPredicates() throws {
    var facts = ConversationFacts()
    facts.userMessages = 5
    let signal = try ConversationSignal([
      ConversationRule(
        name: "long", feature: .count, source: .message(role: "user"), predicate: NumericPredicate(gte: 5)),
      ConversationRule(
        name: "longer", feature: .count, source: .message(role: "user"), predicate: NumericPredicate(gt: 5)),
      ConversationRule(name: "no tools", feature: .exists, source: .toolDefinition, predicate: NumericPredicate(lt: 1)),
    ]) { "\($0)" }
    let readings = signal.read(PromptFacts(conversation: facts)).readings
    #expect(readings.map(\.isMatched) == [true, false, true])
    #expect(readings.map(\.value) == [5, 5, 0])
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try ConversationSignal([ConversationRule(name: "x", feature: .count, source: .message(role: "users"))]) {
        "routing.signals.conversation[\($0)]"
      }
    }
    #expect(error?.problems.map(\.path) == ["routing.signals.conversation[0].feature.source.role"])
  }

  @Test("metadata compares a key's value")
  func metadata() {
    let signal = MetadataSignal([
      MetadataRule(name: "gold", key: "tier", predicate: .equals("gold")),
      MetadataRule(name: "paying", key: "tier", predicate: .isIn(["silver", "gold"])),
      MetadataRule(name: "tiered", key: "tier", predicate: .exists(true)),
      MetadataRule(name: "untiered", key: "tier", predicate: .exists(false)),
    ])
    func matches(_ metadata: [String: String]) -> [Bool] {
      signal.read(PromptFacts(metadata: metadata)).readings.map(\.isMatched)
    }
    #expect(matches(["tier": "gold"]) == [true, true, true, false])
    #expect(matches(["tier": "Gold"]) == [false, false, true, false])
    #expect(matches([:]) == [false, false, false, true])
  }
}
