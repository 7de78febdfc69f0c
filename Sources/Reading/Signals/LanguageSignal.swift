import ChatProtocols
import RouterConfig
import Signals

/// `language`: the prompt is written in the language that the rule is named after.
struct LanguageSignal: PlainSignalRules {
  static let family = SignalFamily.language
  static let documentation = SignalDocumentation(
    summary: "The prompt is written in the language that gives the rule its name (ISO 639-1).",
    computation: [
      """
      The script of most letters among the first 512 characters decides, and, where several languages share it, a \
      model of character n-grams and everyday words. Confidence is the language's probability times the share of letters in its script.
      """,
      """
      When no language is found, or the best one stays below the rule's threshold, the prompt counts as English with \
      confidence 0.5, as the semantic router has it; the trace says so.
      """,
      """
      `nb` and `nn` mean Norwegian, `fil` Filipino; a region (`pt-BR`) is not told apart. A language that exists but \
      that this build cannot tell is a failed signal.
      """,
    ],
    fields: [
      .init("name", "ISO 639-1 code, such as `de`", default: nil, "The language, and the rule's name."),
      .init("threshold", "number in 0…1", default: "0.3", "Below it, the language found does not count."),
    ],
    confidence: "the probability of the language found; 0.5 when the prompt counts as English for want of a sure one.",
    value: "the probability of the rule's own language.",
    cost: "4 µs for 30 words, at most some 11 µs")

  static let fallback = "en"
  static let fallbackConfidence = 0.5

  private struct Rule: Sendable {
    /// The code as the identifier gives it.
    var language: String
    var threshold: Double
    var isKnown: Bool
  }

  private let rules: [Rule]
  /// nil when there are no rules.
  private let identifier: LanguageIdentifier?

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> LanguageSignal {
    try LanguageSignal(declarations.language) { environment.path(family, $0) }
  }

  init(_ declarations: [LanguageRule], path: (Int) -> String) throws(SignalCompilationErrors) {
    guard !declarations.isEmpty else {
      rules = []
      identifier = nil
      return
    }
    let identifier: LanguageIdentifier
    do throws(SignalCompilationError) {
      identifier = try LanguageIdentifier()
    } catch {
      throw SignalCompilationErrors([error])
    }
    let known = Set(identifier.languages)
    var problems: [SignalCompilationError] = []
    var rules: [Rule] = []
    for (index, declaration) in declarations.enumerated() {
      let code = Self.code(of: declaration.name)
      if !known.contains(code), !LanguageCodes.all.contains(code) {
        problems.append(
          SignalCompilationError(
            path: "\(path(index)).name",
            reason: "\"\(declaration.name)\" is no ISO 639-1 code; name the rule after a language, such as en, de or zh"
          ))
      }
      if !(0...1).contains(declaration.threshold) {
        problems.append(
          SignalCompilationError(
            path: "\(path(index)).threshold", reason: "\(declaration.threshold) is out of range; use 0…1"))
      }
      rules.append(Rule(language: code, threshold: declaration.threshold, isKnown: known.contains(code)))
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.rules = rules
    self.identifier = identifier
  }

  func read(_ facts: PromptFacts) -> FamilyReading {
    guard let identifier else { return FamilyReading(readings: []) }
    let found = identifier.identify(facts.evaluationText)
    var note: String?
    let readings = rules.map { rule -> SignalReading in
      guard rule.isKnown else {
        return SignalReading(state: .failed(reason: "this build cannot tell the language \"\(rule.language)\""))
      }
      let value = found.probability(of: rule.language)
      let language: String
      let confidence: Double
      if let best = found.best, best.probability >= rule.threshold {
        (language, confidence) = (best.language, best.probability)
      } else {
        (language, confidence) = (Self.fallback, Self.fallbackConfidence)
        note = note ?? Self.note(found.best, threshold: rule.threshold)
      }
      return SignalReading(
        state: language == rule.language ? .matched(confidence: confidence) : .unmatched, value: value,
        evidence: [language])
    }
    return FamilyReading(readings: readings, note: note)
  }

  private static func note(_ best: LanguageIdentifier.Candidate?, threshold: Double) -> String {
    guard let best else { return "no language to be seen in the text; taken as en 0.50" }
    let probability = Decimals.two(best.probability)
    return "no language is sure (best \(best.language) \(probability) < \(Decimals.two(threshold))); taken as en 0.50"
  }

  /// A rule's name in lower case, without a region, by the name that the identifier uses.
  private static func code(of name: String) -> String {
    let primary = name.lowercased().prefix { $0 != "-" && $0 != "_" }
    return switch primary {
    case "nb", "nn": "no"
    case "fil": "tl"
    case "iw": "he"
    case "in": "id"
    default: String(primary)
    }
  }
}
