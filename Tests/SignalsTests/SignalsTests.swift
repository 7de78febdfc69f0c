import Signals
import Testing

@Suite("Signals") struct SignalsTests {
  @Test("families stand in the order of their cost")
  func order() {
    #expect(
      SignalFamily.allCases == [
        .metadata, .conversation, .context, .keyword, .structure, .language, .domain, .jailbreak, .pii, .embedding,
      ])
    #expect(SignalFamily.allCases == SignalFamily.allCases.sorted())
    #expect(SignalFamily.metadata < .domain)
    #expect(!(SignalFamily.domain < .domain))
  }

  @Test("a family has the rule type and the document key that configurations use")
  func names() {
    let names: [(SignalFamily, rule: String, key: String)] = [
      (.metadata, "metadata", "metadata"), (.conversation, "conversation", "conversation"),
      (.context, "context", "context"), (.keyword, "keyword", "keywords"), (.structure, "structure", "structure"),
      (.language, "language", "language"), (.domain, "domain", "domains"),
      (.jailbreak, "jailbreak", "jailbreak"), (.pii, "pii", "pii"), (.embedding, "embedding", "embeddings"),
    ]
    for (family, rule, key) in names {
      #expect(family.ruleType == rule)
      #expect(family.documentKey == key)
      #expect(SignalFamily(ruleType: rule) == family)
    }
    for unknown in ["", "Domain", "domains", "embeddings", "fact_check"] {
      #expect(SignalFamily(ruleType: unknown) == nil, "\(unknown)")
    }
  }

  @Test("what reads the text depends on it alone")
  func textOnly() {
    #expect(
      SignalFamily.allCases.filter { $0.dependsOnTextOnly } == [
        .keyword, .structure, .language, .domain, .jailbreak, .pii, .embedding,
      ])
  }

  @Test("a reading is matched only in the state of that name")
  func matched() {
    #expect(SignalReading(state: .matched(confidence: 0)).isMatched)
    #expect(!SignalReading(state: .unmatched, value: 1).isMatched)
    #expect(!SignalReading(state: .failed(reason: "down")).isMatched)
  }

  @Test("what has not been read is nil, which is not an empty reading")
  func readings() {
    var readings = SignalReadings()
    for family in SignalFamily.allCases { #expect(readings[family] == nil) }
    readings[.domain] = FamilyReading(readings: [])
    #expect(readings[.domain] == FamilyReading(readings: [], nanoseconds: 0, note: nil))
    #expect(readings[.keyword] == nil)
    #expect(readings != SignalReadings())
    readings[.domain] = nil
    #expect(readings == SignalReadings())
  }
}
