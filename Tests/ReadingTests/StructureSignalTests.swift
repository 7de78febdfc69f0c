import ChatProtocols
import RouterConfig
import Signals
import Testing

@testable import Reading

@Suite("Signal structure")
struct StructureSignalTests {
  private func read(
    _ feature: StructureRule.FeatureType, _ source: StructureRule.Source, _ text: String,
    _ predicate: NumericPredicate? = nil
  ) throws -> SignalReading {
    let rule = StructureRule(name: "r", feature: feature, source: source, predicate: predicate)
    return try StructureSignal([rule]) { "routing.signals.structure[\($0)]" }
      .read(PromptFacts(evaluationText: Array(text.utf8))).readings[0]
  }

  @Test("a pattern exists, is counted, or is set against the text's length")
  func patterns() throws {
    let source = StructureRule.Source.regex(pattern: #"\?"#)
    #expect(try read(.exists, source, "why? how?").value == 1)
    #expect(try read(.exists, source, "no").state == .unmatched)
    #expect(try read(.count, source, "why? how?") == SignalReading(state: .matched(confidence: 1), value: 2))
    #expect(try read(.density, source, "why? how? 为什么?").value == 0.6)
    #expect(try read(.density, source, "???").value == 0)
  }

  @Test("keywords are counted as whole words and named as evidence")
  func keywords() throws {
    let source = StructureRule.Source.keywordSet(keywords: ["first", "then", "finally"], isCaseSensitive: false)
    let reading = try read(.count, source, "First this, then that, then what? Thenceforth.")
    #expect(reading == SignalReading(state: .matched(confidence: 1), value: 3, evidence: ["first", "then"]))
    let exact = StructureRule.Source.keywordSet(keywords: ["first"], isCaseSensitive: true)
    #expect(try read(.count, exact, "First first").value == 1)
  }

  @Test("a sequence needs its markers in order")
  func sequences() throws {
    let source = StructureRule.Source.sequence(
      sequences: [["first", "then", "finally"], ["step 1", "step 2"]], isCaseSensitive: false)
    #expect(try read(.sequence, source, "First a, THEN b, finally c").isMatched)
    #expect(try !read(.sequence, source, "Finally c, then b, first a").isMatched)
    #expect(try read(.count, source, "step 1 first step 2 then finally").value == 2)
    #expect(try read(.sequence, source, "step 1 and step 2").value == 1)
    let twice = StructureRule.Source.sequence(sequences: [["a", "a"]], isCaseSensitive: true)
    #expect(try !read(.sequence, twice, "a").isMatched)
    #expect(try read(.sequence, twice, "aa").isMatched)
  }

  @Test("text_bytes counts bytes")
  func textBytes() throws {
    #expect(try read(.count, .textBytes, "für").value == 4)
    #expect(try read(.exists, .textBytes, "").state == .unmatched)
  }

  @Test("with a predicate, confidence grows with the distance from its first bound")
  func confidence() throws {
    let source = StructureRule.Source.regex(pattern: "x")
    let far = try read(.count, source, "xxxx", NumericPredicate(gte: 3))
    guard case .matched(let confidence) = far.state else {
      Issue.record("not matched")
      return
    }
    #expect(abs(confidence - 0.982_013_79) < 1e-6)
    #expect(try read(.count, source, "xxx", NumericPredicate(gte: 3)).state == .matched(confidence: 0.5))
    let below = try read(.count, source, "xx", NumericPredicate(gte: 3))
    #expect(below == SignalReading(state: .unmatched, value: 2))
    #expect(try read(.count, source, "", NumericPredicate(lt: 1)).isMatched)
  }

  @Test("bad rules are reported with their places")
  func problems() {
    let rules = [
      StructureRule(name: "a", feature: .count, source: .regex(pattern: "a{")),
      StructureRule(name: "b", feature: .count, source: .regex(pattern: "(")),
      StructureRule(name: "c", feature: .sequence, source: .textBytes),
      StructureRule(name: "d", feature: .sequence, source: .sequence(sequences: [["a"], []], isCaseSensitive: false)),
      StructureRule(name: "e", feature: .count, source: .keywordSet(keywords: ["ok", ""], isCaseSensitive: false)),
    ]
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try StructureSignal(rules) { "routing.signals.structure[\($0)]" }
    }
    #expect(
      error?.problems.map(\.path) == [
        "routing.signals.structure[1].feature.source.pattern", "routing.signals.structure[2].feature.type",
        "routing.signals.structure[3].feature.source.sequences[1]",
        "routing.signals.structure[4].feature.source.keywords[1]",
      ])
  }
}
