import RouterConfig
import Signals
import Testing

@testable import Routing

@Suite("Rule trees") struct RuleTests {
  private func outcome(_ node: RuleNode, _ readings: SignalReadings) -> RuleOutcome {
    RuleProgram([node], signals: Fixture.signals).outcome(of: 0, readings)
  }

  private func matched(_ node: RuleNode, _ readings: SignalReadings) -> [String] {
    RuleProgram([node], signals: Fixture.signals).matchedRules(of: 0, readings).map(\.description)
  }

  private let a = Fixture.leaf("keyword:a")
  private let b = Fixture.leaf("keyword:b")
  private let c = Fixture.leaf("domain:c")

  /// What stands for T (matched 1), H (matched 0.5), U (unmatched), F (failed), ? (unread).
  private func node(_ letter: Character) -> RuleNode {
    switch letter {
    case "T": Fixture.leaf("keyword:a")
    case "H": Fixture.leaf("keyword:b")
    case "U": Fixture.leaf("keyword:c")
    case "F": Fixture.leaf("language:a")
    default: Fixture.leaf("domain:a")
    }
  }

  private let letters = Fixture.readings(
    ["keyword:a": .match(1), "keyword:b": .match(0.5), "language:a": .down], of: [.keyword, .language])

  @Test("AND is unmatched by one child, else unread, else failed, else the mean")
  func and() {
    let table: [(String, RuleOutcome)] = [
      ("", .matched(confidence: 0)), ("T", .matched(confidence: 1)), ("TT", .matched(confidence: 1)),
      ("TH", .matched(confidence: 0.75)), ("HT", .matched(confidence: 0.75)), ("HH", .matched(confidence: 0.5)),
      ("THHH", .matched(confidence: 0.625)), ("U", .unmatched), ("TU", .unmatched), ("UT", .unmatched),
      ("F", .failed), ("TF", .failed), ("FT", .failed), ("FU", .unmatched), ("UF", .unmatched),
      ("?", .unread(.domain)), ("T?", .unread(.domain)), ("?F", .unread(.domain)), ("F?", .unread(.domain)),
      ("?U", .unmatched), ("U?", .unmatched), ("F?U", .unmatched),
    ]
    for (children, expected) in table {
      #expect(outcome(.and(children.map(node)), letters) == expected, "AND \(children)")
    }
  }

  @Test("OR is matched by its best child, once no unread one could be better; else failed, else unmatched")
  func or() {
    let table: [(String, RuleOutcome)] = [
      ("", .unmatched), ("T", .matched(confidence: 1)), ("H", .matched(confidence: 0.5)),
      ("HT", .matched(confidence: 1)), ("TH", .matched(confidence: 1)), ("UH", .matched(confidence: 0.5)),
      ("FH", .matched(confidence: 0.5)), ("HF", .matched(confidence: 0.5)), ("U", .unmatched), ("UU", .unmatched),
      ("F", .failed), ("UF", .failed), ("FU", .failed), ("?", .unread(.domain)), ("H?", .unread(.domain)),
      ("?H", .unread(.domain)), ("?T", .unread(.domain)), ("T?", .matched(confidence: 1)),
      ("F?", .unread(.domain)), ("U?", .unread(.domain)),
    ]
    for (children, expected) in table {
      #expect(outcome(.or(children.map(node)), letters) == expected, "OR \(children)")
    }
  }

  @Test("NOT turns matched and unmatched; over a failed guard it is failed, so that it does not match")
  func not() {
    let table: [(Character, RuleOutcome)] = [
      ("T", .unmatched), ("H", .unmatched), ("U", .matched(confidence: 1)), ("F", .failed), ("?", .unread(.domain)),
    ]
    for (child, expected) in table { #expect(outcome(.not(node(child)), letters) == expected, "NOT \(child)") }
    #expect(outcome(.not(.not(node("F"))), letters) == .failed)
    #expect(outcome(.not(.not(node("H"))), letters) == .matched(confidence: 1))
    #expect(outcome(.not(.and([])), letters) == .unmatched)
    #expect(outcome(.not(.or([])), letters) == .matched(confidence: 1))
    #expect(outcome(.not(.always), letters) == .unmatched)
  }

  @Test("trees nest")
  func nesting() {
    let readings = Fixture.readings(["keyword:a": .match(0.5), "keyword:b": .match(0.25), "domain:c": .match(0.75)])
    // (a AND (b OR c)) OR NOT a: the mean of 0.5 and 0.75.
    #expect(outcome(.or([.and([a, .or([b, c])]), .not(a)]), readings) == .matched(confidence: 0.625))
    // a AND NOT (b AND NOT c)
    #expect(outcome(.and([a, .not(.and([b, .not(c)]))]), readings) == .matched(confidence: 0.75))
    // NOT (a OR b) OR c
    #expect(outcome(.or([.not(.or([a, b])), c]), readings) == .matched(confidence: 0.75))
    #expect(outcome(.and([.not(.or([a, b])), c]), readings) == .unmatched)
    var deep = a
    for _ in 0..<100 { deep = .not(deep) }
    #expect(outcome(deep, readings) == .matched(confidence: 1))
  }

  @Test("left-out rules match with confidence 0")
  func always() {
    #expect(outcome(.always, SignalReadings()) == .matched(confidence: 0))
    #expect(outcome(.and([.always, a]), Fixture.readings(["keyword:a": .match(1)])) == .matched(confidence: 0.5))
  }

  @Test("a leaf of an unknown type or name is failed, or matched if its on_error says so")
  func unavailable() {
    for key in ["fact_check:x", "keyword:nope", "Keyword:a", "keyword:A"] {
      #expect(outcome(Fixture.leaf(key), Fixture.readings()) == .failed, "\(key)")
      #expect(outcome(Fixture.leaf(key), SignalReadings()) == .failed, "\(key)")
      #expect(outcome(.not(Fixture.leaf(key)), Fixture.readings()) == .failed, "\(key)")
      #expect(
        outcome(Fixture.leaf(key, onError: .match), Fixture.readings()) == .matched(confidence: 1), "\(key)")
      #expect(outcome(Fixture.leaf(key, onError: .noMatch), Fixture.readings()) == .failed, "\(key)")
    }
  }

  @Test("a predicate compares the number, also of an unmatched rule, and matches with confidence 1")
  func predicates() {
    let readings = Fixture.readings(
      ["context:a": .match(0.5), "context:b": .unmatched], values: ["context:a": 10, "context:b": 20])
    let table: [(String, NumericPredicate, Bool)] = [
      ("context:a", NumericPredicate(gt: 9), true), ("context:a", NumericPredicate(gt: 10), false),
      ("context:a", NumericPredicate(gte: 10), true), ("context:a", NumericPredicate(gte: 10.5), false),
      ("context:a", NumericPredicate(lt: 11), true), ("context:a", NumericPredicate(lt: 10), false),
      ("context:a", NumericPredicate(lte: 10), true), ("context:a", NumericPredicate(lte: 9.5), false),
      ("context:a", NumericPredicate(gt: 5, lt: 15), true), ("context:a", NumericPredicate(gte: 5, lte: 9), false),
      ("context:a", NumericPredicate(), true), ("context:b", NumericPredicate(gte: 20), true),
      ("context:b", NumericPredicate(lt: 20), false),
    ]
    for (key, predicate, holds) in table {
      #expect(
        outcome(Fixture.leaf(key, predicate), readings) == (holds ? .matched(confidence: 1) : .unmatched),
        "\(key) \(predicate)")
    }
  }

  @Test("without a number a predicate compares the confidence; an unmatched rule has none")
  func predicateOnConfidence() {
    let readings = Fixture.readings(["domain:a": .match(0.8)])
    #expect(outcome(Fixture.leaf("domain:a", NumericPredicate(gt: 0.7)), readings) == .matched(confidence: 1))
    #expect(outcome(Fixture.leaf("domain:a", NumericPredicate(gt: 0.9)), readings) == .unmatched)
    #expect(outcome(Fixture.leaf("domain:b", NumericPredicate(lt: 0.5)), readings) == .unmatched)
    #expect(outcome(Fixture.leaf("domain:b", NumericPredicate()), readings) == .unmatched)
  }

  @Test("a number that is none matches no predicate")
  func notANumber() {
    for number in [Double.nan, .infinity, -.infinity] {
      let readings = Fixture.readings(["context:a": .match(1)], values: ["context:a": number])
      for predicate in [NumericPredicate(), NumericPredicate(gt: 0), NumericPredicate(lte: 0)] {
        #expect(outcome(Fixture.leaf("context:a", predicate), readings) == .unmatched, "\(number)")
      }
    }
  }

  @Test("on_error decides a predicate over a failed signal, and nothing else")
  func onError() {
    let readings = Fixture.readings(["domain:a": .down])
    let predicate = NumericPredicate(gt: 0.5)
    #expect(outcome(Fixture.leaf("domain:a", predicate), readings) == .failed)
    #expect(outcome(Fixture.leaf("domain:a", predicate, onError: .noMatch), readings) == .failed)
    #expect(outcome(Fixture.leaf("domain:a", predicate, onError: .match), readings) == .matched(confidence: 1))
    #expect(outcome(Fixture.leaf("domain:a", onError: .match), readings) == .failed)
    #expect(outcome(Fixture.leaf("domain:b", predicate, onError: .match), readings) == .unmatched)
    #expect(outcome(.not(Fixture.leaf("domain:a", predicate, onError: .match)), readings) == .unmatched)
  }

  @Test("of several unread families the cheapest is asked for")
  func cheapestFirst() {
    let keyword = Fixture.leaf("keyword:a")
    let metadata = Fixture.leaf("metadata:a")
    let domain = Fixture.leaf("domain:a")
    #expect(outcome(.and([domain, keyword, metadata]), SignalReadings()) == .unread(.metadata))
    #expect(outcome(.or([domain, .and([keyword, domain])]), SignalReadings()) == .unread(.keyword))
    #expect(outcome(.not(.or([domain, .not(keyword)])), SignalReadings()) == .unread(.keyword))
    #expect(outcome(.and([domain, keyword]), Fixture.readings(of: [.keyword])) == .unmatched)
  }

  @Test("the matched rules are all of an AND, the best of an OR, none of a NOT")
  func matchedRules() {
    let readings = Fixture.readings(["keyword:a": .match(0.5), "keyword:b": .match(0.5), "domain:c": .match(0.75)])
    #expect(matched(a, readings) == ["keyword:a"])
    #expect(matched(.and([a, c]), readings) == ["keyword:a", "domain:c"])
    #expect(matched(.and([c, a]), readings) == ["domain:c", "keyword:a"])
    #expect(matched(.or([a, c]), readings) == ["domain:c"])
    // The first on ties.
    #expect(matched(.or([b, a]), readings) == ["keyword:b"])
    #expect(matched(.not(Fixture.leaf("keyword:c")), readings) == [])
    #expect(matched(.and([a, .not(Fixture.leaf("keyword:c"))]), readings) == ["keyword:a"])
    #expect(matched(.or([.and([a, c]), b]), readings) == ["keyword:a", "domain:c"])
    #expect(matched(.always, readings) == [])
  }

  @Test("a compiled tree knows the families that it reads")
  func families() {
    let node = RuleNode.or([
      .and([a, .not(c)]), Fixture.leaf("language:a"), Fixture.leaf("fact_check:x"), Fixture.leaf("context:nope"),
      .always,
    ])
    #expect(RuleProgram([node], signals: Fixture.signals).families(of: 0) == [.keyword, .domain, .language])
  }
}
