import ChatProtocols
import RouterConfig
import Signals
import Testing

@testable import Reading

@Suite("Signal domain")
struct SubjectSignalTests {
  private let rules = [
    DomainRule(name: "math", labels: [.math]),
    DomainRule(name: "science", labels: [.physics, .chemistry]),
    DomainRule(name: "other", labels: [.other]),
  ]

  private func read(
    _ probabilities: [DomainLabel: Float], rules: [DomainRule]? = nil, threshold: Double = 0.5, text: String = "x"
  ) throws -> FamilyReading {
    try DomainSignal(
      rules ?? self.rules, classifier: FixedClassifier(probabilities), threshold: threshold, fallbackCategory: "other"
    ) { "routing.signals.domains[\($0)]" }.read(PromptFacts(evaluationText: Array(text.utf8)), .absent)
  }

  @Test("the rule of the label that is sure matches with its probability")
  func sure() throws {
    let reading = try read([.math: 0.75, .other: 0.25])
    #expect(
      reading.readings == [
        SignalReading(state: .matched(confidence: 0.75), value: 0.75, evidence: ["math"]),
        SignalReading(state: .unmatched, value: 0), SignalReading(state: .unmatched, value: 0.25),
      ])
    #expect(reading.note == nil)
    #expect(try read([.chemistry: 1]).readings[1].state == .matched(confidence: 1))
  }

  @Test("what no label is sure of is taken as the fallback category")
  func fallback() throws {
    let reading = try read([.math: 0.3125, .physics: 0.25, .law: 0.1875, .other: 0.25])
    #expect(reading.readings.map(\.state) == [.unmatched, .unmatched, .matched(confidence: 0.25)])
    #expect(reading.note == "no domain is sure (best math 0.31 < 0.50); taken as other")
  }

  @Test("without a rule for the fallback category nothing matches, and the note says so")
  func noFallback() throws {
    let reading = try read([.math: 0.25, .law: 0.25, .other: 0.5], rules: [rules[0]], threshold: 0.75)
    #expect(reading.readings == [SignalReading(state: .unmatched, value: 0.25)])
    #expect(
      reading.note
        == "no domain is sure (best other 0.50 < 0.75); no domain rule holds the fallback category other, so none matches"
    )
  }

  @Test("all labels above a low threshold count when the text is ambiguous, only the best when it is clear")
  func entropy() throws {
    let spread: [DomainLabel: Float] = [.math: 0.375, .physics: 0.25, .law: 0.125, .history: 0.125, .other: 0.125]
    #expect(try read(spread, threshold: 0.25).readings.map(\.isMatched) == [true, true, false])
    #expect(
      try read([.math: 0.75, .physics: 0.25], threshold: 0.25).readings.map(\.isMatched) == [true, false, false])
    #expect(DomainSignal.entropy([1, 0, 0, 0]) == 0)
    #expect(abs(DomainSignal.entropy([0.25, 0.25, 0.25, 0.25]) - 1) < 1e-12)
  }

  @Test("when the classifier fails, every rule has failed")
  func failure() throws {
    let signal = try DomainSignal(
      rules, classifier: FixedClassifier([:], failure: ClassifierError("down")), threshold: 0.5,
      fallbackCategory: "other"
    ) { "\($0)" }
    let readings = signal.read(PromptFacts(evaluationText: [0x78]), .absent).readings
    #expect(readings.map(\.state) == Array(repeating: .failed(reason: "down"), count: 3))
  }

  @Test("a request without text has no domain")
  func noText() throws {
    let reading = try read([.math: 1], text: "")
    #expect(reading.readings.allSatisfy { $0.state == .unmatched })
    #expect(reading.note == "the request has no text to classify")
  }

  @Test("labels that the classifier lacks are reported with their places")
  func problems() {
    let classifier = FixedClassifier([:], labels: ["math", "law"])
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try DomainSignal(rules, classifier: classifier, threshold: 0.5, fallbackCategory: "other") {
        "routing.signals.domains[\($0)]"
      }
    }
    #expect(
      error?.problems.map(\.path) == [
        "routing.signals.domains[1].mmlu_categories[0]", "routing.signals.domains[1].mmlu_categories[1]",
        "routing.signals.domains[2].mmlu_categories[0]",
      ])
  }
}
