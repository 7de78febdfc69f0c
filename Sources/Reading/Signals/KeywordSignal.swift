import ChatProtocols
import RouterConfig
import Signals

/// `keyword`: words or patterns in the prompt, found literally, by regular expression, by BM25, by shared n-grams or
/// with spelling mistakes.
struct KeywordSignal: PlainSignalRules {
  static let family = SignalFamily.keyword
  static let documentation = SignalDocumentation(
    summary: "The prompt holds keywords: all of them (`AND`), any (`OR`) or none (`NOR`).",
    computation: [
      """
      No `method`: whole words, in every script. A keyword is found where the characters around it are no letters, \
      marks, digits or `_`: `think` is not in "thinking"; `c++`, `c#` and `.net` are found as they stand. Scripts \
      written without spaces (Han, Kana, Thai and others) and Hangul have no such edges, so there a keyword is found \
      anywhere. All literal keywords of a document are searched in one pass.
      """,
      "`regex`: each keyword is a pattern in RE2's syntax, searched anywhere in the text; `\\b` and `\\w` are ASCII.",
      """
      `bm25`: each keyword is a document, the prompt is the query; words are stemmed as English and words like "the" \
      do not count (k1 1.2, b 0.75). A keyword is found when its score reaches `bm25_threshold`.
      """,
      """
      `ngram`: a keyword is found when a word of the prompt, or the whole prompt, shares character n-grams enough: \
      1 − (1 − shared ÷ all)² reaches `ngram_threshold`.
      """,
      """
      `fuzzy` (or `fuzzy_match: true`): found literally, or within `fuzzy_threshold` insertions, removals and \
      replacements of a word; always fewer than half of the keyword's letters.
      """,
      "`bm25`, `ngram` and `fuzzy` read the first 4096 words of a prompt; words of more than 64 characters are skipped.",
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("operator", "`AND`, `OR` or `NOR`", default: "OR", "How many keywords must be found."),
      .init("keywords", "list of strings", default: nil, "Words, phrases or patterns."),
      .init("case_sensitive", "true or false", default: "false", "Whether upper and lower case differ."),
      .init("method", "empty, `regex`, `bm25`, `ngram` or `fuzzy`", default: "empty", "How keywords are found."),
      .init("fuzzy_threshold", "integer", default: "2", "Edits that `fuzzy` allows."),
      .init("bm25_threshold", "number", default: "0.1", "Score from which `bm25` finds a keyword."),
      .init("ngram_threshold", "number in 0…1", default: "0.4", "Similarity from which `ngram` finds a keyword."),
      .init("ngram_arity", "1…8", default: "3", "Characters of an n-gram."),
    ],
    confidence: "1.",
    value: nil,
    cost: "2 to 4 µs a KiB for literal keywords or patterns; 50 to 100 µs a KiB for the other methods")

  /// Keywords that a reading lists as its evidence, at most.
  static let evidenceLimit = 16

  /// How one rule looks for its keywords.
  private enum Method: Sendable {
    /// Indices into the literal keywords of all rules.
    case literal(Range<Int>)
    /// Indices into the patterns of all rules.
    case regex(Range<Int>)
    case bm25(KeywordRanking, threshold: Double)
    case ngram([NgramKeyword], arity: Int, threshold: Double)
    case fuzzy(Range<Int>, [FuzzyKeyword?])
  }

  /// The words of a text and their scalars.
  private struct WordView {
    let words: Words
    let scalars: [[UInt32]]

    init(_ words: Words) {
      self.words = words
      scalars = words.scalars
    }
  }

  /// What one pass over a text found, for all rules.
  private struct Finds {
    var literals: [Bool]
    var patterns: [Bool]
    var foldedWords: WordView?
    var exactWords: WordView?
  }

  private struct Rule: Sendable {
    var declaration: KeywordRule
    var method: Method

    var readsWords: Bool {
      switch method {
      case .literal, .regex: false
      case .bm25, .ngram, .fuzzy: true
      }
    }

    func reading(_ finds: Finds) -> SignalReading {
      let found = found(finds)
      let isMatched =
        switch declaration.op {
        case .and: found.allSatisfy { $0 }
        case .or: found.contains(true)
        case .nor: !found.contains(true)
        }
      let evidence = zip(declaration.keywords, found).lazy.filter(\.1).map(\.0).prefix(KeywordSignal.evidenceLimit)
      return SignalReading(state: isMatched ? .matched(confidence: 1) : .unmatched, evidence: Array(evidence))
    }

    /// One flag a keyword.
    private func found(_ finds: Finds) -> [Bool] {
      let view = declaration.isCaseSensitive ? finds.exactWords : finds.foldedWords
      switch method {
      case .literal(let range):
        return Array(finds.literals[range])
      case .regex(let range):
        return Array(finds.patterns[range])
      case .bm25(let ranking, let threshold):
        guard let view else { return [] }
        return ranking.scores(for: view.words).map { $0 > 0 && $0 >= threshold }
      case .ngram(let keywords, let arity, let threshold):
        guard let view else { return [] }
        return Self.similar(keywords, view, arity: arity, threshold: threshold)
      case .fuzzy(let range, let keywords):
        guard let view else { return [] }
        return zip(finds.literals[range], keywords).map { literal, keyword in
          literal || keyword?.isFound(in: view.scalars) ?? false
        }
      }
    }

    private static func similar(
      _ keywords: [NgramKeyword], _ view: WordView, arity: Int, threshold: Double
    ) -> [Bool] {
      var found = [Bool](repeating: false, count: keywords.count)
      func compare(_ scalars: [UInt32]) {
        let count = scalars.count + arity - 1
        let candidates = keywords.indices.filter {
          !found[$0] && keywords[$0].similarityBound(count: count) >= threshold
        }
        guard !candidates.isEmpty else { return }
        let grams = NgramKeyword.grams(of: scalars, arity: arity)
        for index in candidates where keywords[index].similarity(to: grams) >= threshold { found[index] = true }
      }
      for word in view.scalars { compare(word) }
      if view.scalars.count > 1 { compare(Array(view.scalars.joined(separator: [0x20]))) }
      return found
    }
  }

  private let rules: [Rule]
  private let literals: LiteralKeywords?
  private let patterns: RegularExpressionSet?
  /// Whether some rule reads words under this case rule.
  private let readsFoldedWords: Bool
  private let readsExactWords: Bool

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> KeywordSignal {
    try KeywordSignal(declarations.keywords) { environment.path(family, $0) }
  }

  init(_ declarations: [KeywordRule], path: (Int) -> String) throws(SignalCompilationErrors) {
    var problems: [SignalCompilationError] = []
    var literals: [LiteralKeywords.Keyword] = []
    var patterns: [(pattern: String, isCaseSensitive: Bool)] = []
    var rules: [Rule] = []
    for (index, rule) in declarations.enumerated() {
      problems += Self.problems(of: rule, path: path(index))
      let method: Method
      switch rule.method {
      case .literal, .fuzzy:
        let range = literals.count..<literals.count + rule.keywords.count
        literals += rule.keywords.map { .init(text: $0, isCaseSensitive: rule.isCaseSensitive) }
        if rule.method == .literal {
          method = .literal(range)
        } else {
          let keywords = rule.keywords.map {
            FuzzyKeyword($0, threshold: max(rule.fuzzyThreshold, 0), isCaseSensitive: rule.isCaseSensitive)
          }
          method = .fuzzy(range, keywords)
        }
      case .regex:
        method = .regex(patterns.count..<patterns.count + rule.keywords.count)
        patterns += rule.keywords.map { ($0, rule.isCaseSensitive) }
      case .bm25:
        method = .bm25(
          KeywordRanking(keywords: rule.keywords, isCaseSensitive: rule.isCaseSensitive), threshold: rule.bm25Threshold)
      case .ngram:
        let arity = min(max(rule.ngramArity, NgramKeyword.arities.lowerBound), NgramKeyword.arities.upperBound)
        let keywords = rule.keywords.map { NgramKeyword($0, arity: arity, isCaseSensitive: rule.isCaseSensitive) }
        method = .ngram(keywords, arity: arity, threshold: rule.ngramThreshold)
      }
      rules.append(Rule(declaration: rule, method: method))
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.rules = rules
    do throws(KeywordAutomaton.TooLarge) {
      self.literals = literals.isEmpty ? nil : try LiteralKeywords(literals)
    } catch {
      throw SignalCompilationErrors([
        SignalCompilationError(
          path: path(0),
          reason: "the literal keywords of all rules together are too many: their automaton would take more than "
            + "\(KeywordAutomaton.entryLimit >> 18) MiB; use fewer keywords, or patterns")
      ])
    }
    // Each pattern was compiled by itself above, so the set cannot meet a syntax error.
    self.patterns = patterns.isEmpty ? nil : try? RegularExpressionSet(patterns)
    readsFoldedWords = rules.contains { $0.readsWords && !$0.declaration.isCaseSensitive }
    readsExactWords = rules.contains { $0.readsWords && $0.declaration.isCaseSensitive }
  }

  func read(_ facts: PromptFacts) -> FamilyReading {
    let text = facts.evaluationText
    let finds = Finds(
      literals: literals?.found(in: text) ?? [],
      patterns: patterns?.found(in: text) ?? [],
      foldedWords: readsFoldedWords ? WordView(Words(text, isCaseSensitive: false)) : nil,
      exactWords: readsExactWords ? WordView(Words(text, isCaseSensitive: true)) : nil)
    let isCut = finds.foldedWords?.words.isCut ?? finds.exactWords?.words.isCut ?? false
    return FamilyReading(
      readings: rules.map { $0.reading(finds) },
      note: isCut ? "word by word matching read the first \(Words.limit) words of the prompt" : nil)
  }

  private static func problems(of rule: KeywordRule, path: String) -> [SignalCompilationError] {
    var problems: [SignalCompilationError] = []
    func add(_ place: String, _ reason: String) {
      problems.append(SignalCompilationError(path: "\(path).\(place)", reason: reason))
    }
    if rule.keywords.isEmpty { add("keywords", "a keyword rule needs at least one keyword") }
    for (index, keyword) in rule.keywords.enumerated() {
      if keyword.allSatisfy(\.isWhitespace) {
        add("keywords[\(index)]", "a keyword must not be empty")
      } else if rule.method == .regex {
        do throws(RegularExpression.SyntaxError) {
          _ = try RegularExpression(keyword, isCaseSensitive: rule.isCaseSensitive)
        } catch {
          add("keywords[\(index)]", "the pattern \"\(keyword)\" is not valid in RE2's syntax: \(error.reason)")
        }
      }
    }
    switch rule.method {
    case .fuzzy where rule.fuzzyThreshold < 0:
      add("fuzzy_threshold", "\(rule.fuzzyThreshold) is no number of edits; use 0 or more")
    case .ngram where !NgramKeyword.arities.contains(rule.ngramArity):
      add("ngram_arity", "\(rule.ngramArity) is out of range; use 1 to 8, usually 3")
    case .ngram where !(0...1).contains(rule.ngramThreshold):
      add("ngram_threshold", "\(rule.ngramThreshold) is out of range; similarity is in 0…1")
    case .bm25 where !rule.bm25Threshold.isFinite:
      add("bm25_threshold", "the score must be a finite number")
    default:
      break
    }
    return problems
  }
}
