import ChatProtocols
import RouterConfig
import Signals
import Testing

@testable import Reading

@Suite("Signal keyword")
struct KeywordSignalTests {
  private func read(_ rules: [KeywordRule], _ text: String) throws -> FamilyReading {
    try KeywordSignal(rules) { "routing.signals.keywords[\($0)]" }.read(PromptFacts(evaluationText: Array(text.utf8)))
  }

  private func reading(_ rule: KeywordRule, _ text: String) throws -> SignalReading {
    try read([rule], text).readings[0]
  }

  private let matched = SignalReading.State.matched(confidence: 1)

  @Test("OR needs one keyword, AND all of them, NOR none, and the evidence is what was found")
  func operators() throws {
    let words = ["urgent", "asap", "think"]
    let text = "Think, it is URGENT"
    #expect(
      try reading(KeywordRule(name: "r", op: .or, keywords: words), text)
        == SignalReading(state: matched, evidence: ["urgent", "think"]))
    #expect(
      try reading(KeywordRule(name: "r", op: .and, keywords: words), text)
        == SignalReading(state: .unmatched, evidence: ["urgent", "think"]))
    #expect(
      try reading(KeywordRule(name: "r", op: .and, keywords: ["urgent", "think"]), text)
        == SignalReading(state: matched, evidence: ["urgent", "think"]))
    #expect(
      try reading(KeywordRule(name: "r", op: .nor, keywords: words), text)
        == SignalReading(state: .unmatched, evidence: ["urgent", "think"]))
    #expect(
      try reading(KeywordRule(name: "r", op: .nor, keywords: words), "nothing here") == SignalReading(state: matched))
  }

  @Test("rules of one document do not see each other's keywords")
  func independence() throws {
    let readings = try read(
      [
        KeywordRule(name: "a", keywords: ["urgent"]), KeywordRule(name: "b", keywords: ["think", "urgent"]),
        KeywordRule(name: "c", keywords: ["Urgent"], isCaseSensitive: true),
        KeywordRule(name: "d", keywords: [#"\bx\d"#], method: .regex),
      ], "this is urgent"
    ).readings
    #expect(readings.map(\.isMatched) == [true, true, false, false])
  }

  @Test("a pattern is searched anywhere, without regard to case unless it says so")
  func regex() throws {
    let rule = KeywordRule(name: "r", keywords: [#"order\s+#?\d+"#, "^please"], method: .regex)
    #expect(
      try reading(rule, "where is Order #77")
        == SignalReading(state: matched, evidence: [#"order\s+#?\d+"#]))
    #expect(try !reading(rule, "reorder").isMatched)
    let exact = KeywordRule(name: "r", keywords: ["Order"], isCaseSensitive: true, method: .regex)
    #expect(try !reading(exact, "order").isMatched)
  }

  @Test("fuzzy finds misspelt words, but short keywords allow fewer edits")
  func fuzzy() throws {
    let rule = KeywordRule(name: "r", keywords: ["urgent", "machine learning", "AI"], method: .fuzzy)
    #expect(try reading(rule, "this is urgnet!").evidence == ["urgent"])
    #expect(try reading(rule, "I study machne lerning").evidence == ["machine learning"])
    #expect(try !reading(rule, "of an it is").isMatched)
    #expect(try !reading(rule, "surgical").isMatched)
    #expect(try reading(rule, "the ai act").evidence == ["AI"])
    let strict = KeywordRule(name: "r", keywords: ["urgent"], method: .fuzzy, fuzzyThreshold: 1)
    #expect(try !reading(strict, "urgnet").isMatched)
    #expect(try reading(strict, "urgnt").isMatched)
  }

  @Test("bm25 scores stems by how rare they are among the keywords")
  func bm25() throws {
    let rule = KeywordRule(
      name: "r", keywords: ["derivatives of a function", "integral calculus", "the price of gold"], method: .bm25)
    #expect(
      try reading(rule, "differentiate this: which functions are there?").evidence == ["derivatives of a function"])
    #expect(try reading(rule, "What is the derivative?").isMatched)
    #expect(try !reading(rule, "the of a to").isMatched)
    let high = KeywordRule(name: "r", keywords: ["integral calculus"], method: .bm25, bm25Threshold: 0.5)
    #expect(try !reading(high, "an integral").isMatched)
    #expect(try reading(high, "integrals in calculus").isMatched)
  }

  @Test("ngram finds words that share character n-grams")
  func ngram() throws {
    let rule = KeywordRule(name: "r", keywords: ["kubernetes", "database"], method: .ngram)
    #expect(try reading(rule, "deploy to kubernets").evidence == ["kubernetes"])
    #expect(try reading(rule, "which databases?").evidence == ["database"])
    #expect(try !reading(rule, "hello world").isMatched)
    let strict = KeywordRule(name: "r", keywords: ["kubernetes"], method: .ngram, ngramThreshold: 1)
    #expect(try !reading(strict, "kubernets").isMatched)
    #expect(try reading(strict, "Kubernetes").isMatched)
  }

  @Test("every bad rule is reported with its place")
  func problems() {
    let rules = [
      KeywordRule(name: "a", keywords: []),
      KeywordRule(name: "b", keywords: ["fine", "(x"], method: .regex),
      KeywordRule(name: "c", keywords: ["ok", " "]),
      KeywordRule(name: "d", keywords: ["x"], method: .ngram, ngramArity: 0),
      KeywordRule(name: "e", keywords: ["x"], method: .fuzzy, fuzzyThreshold: -1),
    ]
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try KeywordSignal(rules) { "recipes[1].routing.signals.keywords[\($0)]" }
    }
    #expect(
      error?.problems.map(\.path) == [
        "recipes[1].routing.signals.keywords[0].keywords", "recipes[1].routing.signals.keywords[1].keywords[1]",
        "recipes[1].routing.signals.keywords[2].keywords[1]", "recipes[1].routing.signals.keywords[3].ngram_arity",
        "recipes[1].routing.signals.keywords[4].fuzzy_threshold",
      ])
    #expect(error?.problems[1].reason == #"the pattern "(x" is not valid in RE2's syntax: missing ): (x"#)
  }

  @Test("word by word methods read a bounded number of words and say so")
  func longText() throws {
    let text = String(repeating: "word ", count: 5000) + "kubernets"
    let rule = KeywordRule(name: "r", keywords: ["kubernetes"], method: .fuzzy)
    let reading = try read([rule], text)
    #expect(!reading.readings[0].isMatched)
    #expect(reading.note == "word by word matching read the first 4096 words of the prompt")
    #expect(try read([KeywordRule(name: "r", keywords: ["kubernets"])], text).readings[0].isMatched)
  }
}
