import ChatProtocols
import RouterConfig
import Signals

/// `structure`: the shape of the prompt's text: patterns, words or markers in it, how many, how dense, in what order.
struct StructureSignal: PlainSignalRules {
  static let family = SignalFamily.structure
  static let documentation = SignalDocumentation(
    summary: "The prompt's text has a shape: patterns, words or ordered markers, their number or density.",
    computation: [
      """
      `exists` is 1 or 0; `count` the number of matches of the pattern (none overlaps another, counted up to 16384), of \
      occurrences of the keywords (whole words, as the keyword signal finds them), of sequences, or of bytes \
      (`text_bytes`); `density` that number divided by the text's units: a character of a script without spaces is \
      one, a run of other letters and digits is one. `sequence` is 1 when all markers of one of `sequences` occur in \
      their order, else 0.
      """,
      "Without a predicate the rule matches when the number is above 0.",
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("feature.type", "`exists`, `count`, `density` or `sequence`", default: nil, "The number that is made."),
      .init(
        "feature.source.type", "`regex`, `keyword_set`, `sequence` or `text_bytes`", default: nil, "What is looked for."
      ),
      .init("feature.source.pattern", "pattern in RE2's syntax", default: "none", "For `regex`."),
      .init("feature.source.keywords", "list of strings", default: "none", "For `keyword_set`."),
      .init("feature.source.sequences", "list of lists of strings", default: "none", "For `sequence`."),
      .init("feature.source.case_sensitive", "true or false", default: "false", "Whether upper and lower case differ."),
      .init("predicate", "`gt`, `gte`, `lt`, `lte`", default: "gt: 0", "Bounds that must all hold."),
    ],
    confidence: """
      1 without a predicate, else the larger of 0.5 and 1 ÷ (1 + e^(−4 × |value − bound|)), with the first bound of \
      gt, gte, lt, lte.
      """,
    value: "the number described above.",
    cost: "a few µs a KiB for each pattern; all keywords together some 2 µs a KiB")

  /// Matches of a pattern that are counted: beyond, a long text of tiny matches would hold up its event loop.
  static let countLimit = 16_384
  static let evidenceLimit = 16

  private enum Source: Sendable {
    case regex(RegularExpression)
    /// Indices into the keywords of all rules.
    case keywords(Range<Int>, [String])
    case sequences([[[UInt8]]], isCaseSensitive: Bool)
    case textBytes
  }

  /// A text and what all rules need of it, computed once.
  private struct TextView {
    var text: [UInt8]
    /// Empty unless some rule needs it.
    var folded: [UInt8]
    var keywordCounts: [Int]
    var units: Int
  }

  private struct Rule: Sendable {
    var feature: StructureRule.FeatureType
    var source: Source
    var predicate: NumericPredicate?

    func reading(of view: TextView) -> SignalReading {
      let value = value(of: view)
      let isMatched = predicate?.holds(for: value) ?? (value > 0)
      return SignalReading(
        state: isMatched ? .matched(confidence: StructureSignal.confidence(value, predicate)) : .unmatched,
        value: value, evidence: evidence(in: view))
    }

    private func value(of view: TextView) -> Double {
      let number = Double(number(in: view))
      switch feature {
      case .exists, .sequence: return number > 0 ? 1 : 0
      case .count: return number
      case .density: return view.units == 0 ? 0 : number / Double(view.units)
      }
    }

    private func number(in view: TextView) -> Int {
      switch source {
      case .regex(let expression):
        if feature == .exists { return expression.matches(view.text) ? 1 : 0 }
        return expression.count(in: view.text, limit: StructureSignal.countLimit)
      case .keywords(let range, _):
        return view.keywordCounts[range].reduce(0, +)
      case .sequences(let sequences, let isCaseSensitive):
        let text = isCaseSensitive ? view.text : view.folded
        return sequences.reduce(0) { $0 + (StructureSignal.occur($1, inOrderIn: text) ? 1 : 0) }
      case .textBytes:
        return view.text.count
      }
    }

    private func evidence(in view: TextView) -> [String] {
      guard case .keywords(let range, let names) = source else { return [] }
      var evidence: [String] = []
      for (name, count) in zip(names, view.keywordCounts[range]) where count > 0 {
        if evidence.count < StructureSignal.evidenceLimit { evidence.append(name) }
      }
      return evidence
    }
  }

  private let rules: [Rule]
  private let keywords: LiteralKeywords?
  private let foldsText: Bool
  private let needsUnits: Bool

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> StructureSignal {
    try StructureSignal(declarations.structure) { environment.path(family, $0) }
  }

  init(_ declarations: [StructureRule], path: (Int) -> String) throws(SignalCompilationErrors) {
    var problems: [SignalCompilationError] = []
    var literals: [LiteralKeywords.Keyword] = []
    var rules: [Rule] = []
    for (index, declaration) in declarations.enumerated() {
      let place = path(index)
      if let source = Self.source(of: declaration, at: place, &literals, &problems) {
        rules.append(Rule(feature: declaration.feature, source: source, predicate: declaration.predicate))
      }
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.rules = rules
    do throws(KeywordAutomaton.TooLarge) {
      keywords = literals.isEmpty ? nil : try LiteralKeywords(literals)
    } catch {
      throw SignalCompilationErrors([
        SignalCompilationError(
          path: path(0),
          reason: "the keywords of all structure rules together are too many: their automaton would take more than "
            + "\(KeywordAutomaton.entryLimit >> 18) MiB; use fewer keywords, or patterns")
      ])
    }
    foldsText = rules.contains { if case .sequences(_, false) = $0.source { true } else { false } }
    needsUnits = rules.contains { $0.feature == .density }
  }

  private static func source(
    of rule: StructureRule, at path: String, _ literals: inout [LiteralKeywords.Keyword],
    _ problems: inout [SignalCompilationError]
  ) -> Source? {
    let before = problems.count
    func add(_ place: String, _ reason: String) {
      problems.append(SignalCompilationError(path: "\(path).feature.\(place)", reason: reason))
    }
    var source: Source?
    switch rule.source {
    case .regex(let pattern):
      do throws(RegularExpression.SyntaxError) {
        source = .regex(try RegularExpression(pattern))
      } catch {
        add("source.pattern", "the pattern \"\(pattern)\" is not valid in RE2's syntax: \(error.reason)")
      }
    case .keywordSet(let keywords, let isCaseSensitive):
      if keywords.isEmpty { add("source.keywords", "a keyword set needs at least one keyword") }
      for (index, keyword) in keywords.enumerated() where keyword.allSatisfy(\.isWhitespace) {
        add("source.keywords[\(index)]", "a keyword must not be empty")
      }
      source = .keywords(literals.count..<literals.count + keywords.count, keywords)
      literals += keywords.map { .init(text: $0, isCaseSensitive: isCaseSensitive) }
    case .sequence(let sequences, let isCaseSensitive):
      if sequences.isEmpty { add("source.sequences", "list at least one sequence of markers") }
      for (index, sequence) in sequences.enumerated() where sequence.isEmpty || sequence.contains("") {
        add("source.sequences[\(index)]", "a sequence needs markers, none of them empty")
      }
      source = .sequences(
        sequences.map { $0.map { isCaseSensitive ? Array($0.utf8) : CaseFolding.fold($0) } },
        isCaseSensitive: isCaseSensitive)
    case .textBytes:
      source = .textBytes
    }
    if rule.feature == .sequence {
      if case .sequence = rule.source {} else { add("type", "\"sequence\" needs the source type \"sequence\"") }
    }
    return problems.count == before ? source : nil
  }

  func read(_ facts: PromptFacts) -> FamilyReading {
    let text = facts.evaluationText
    let view = TextView(
      text: text, folded: foldsText ? CaseFolding.fold(text) : [], keywordCounts: keywords?.counts(in: text) ?? [],
      units: needsUnits ? Self.units(of: text) : 0)
    return FamilyReading(readings: rules.map { $0.reading(of: view) })
  }

  /// How clearly a value is on its side of the first bound.
  ///
  ///     |value − bound|   0     0.25   0.5    1      2
  ///     confidence        0.50  0.73   0.88   0.982  0.9997
  static func confidence(_ value: Double, _ predicate: NumericPredicate?) -> Double {
    guard let predicate, let bound = predicate.gt ?? predicate.gte ?? predicate.lt ?? predicate.lte else { return 1 }
    return max(0.5, 1 / (1 + RealFunctions.exp(-4 * abs(value - bound))))
  }

  /// Characters of scripts without spaces, and runs of other letters, marks, digits and `_`.
  static func units(of text: [UInt8]) -> Int {
    let tables = ScalarTables.shared
    return text.withUnsafeBufferPointer { bytes in
      var units = 0
      var isInRun = false
      var position = 0
      while position < bytes.count {
        let (scalar, end) = UTF8Text.scalar(in: bytes, at: position)
        switch tables.wordClass(of: scalar) {
        case .outside:
          isInRun = false
        case .unspaced:
          units += 1
          isInRun = false
        case .word:
          if !isInRun { units += 1 }
          isInRun = true
        }
        position = end
      }
      return units
    }
  }

  /// Whether all markers occur, each behind the one before.
  static func occur(_ markers: [[UInt8]], inOrderIn text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { bytes in
      var position = 0
      for marker in markers {
        guard let end = end(of: marker, in: bytes, from: position) else { return false }
        position = end
      }
      return true
    }
  }

  private static func end(of marker: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard let first = marker.first, bytes.count - start >= marker.count else { return nil }
    for place in start...bytes.count - marker.count where bytes[place] == first {
      if marker.indices.allSatisfy({ bytes[place + $0] == marker[$0] }) { return place + marker.count }
    }
    return nil
  }
}
