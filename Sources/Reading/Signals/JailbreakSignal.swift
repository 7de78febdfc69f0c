import ChatProtocols
import RouterConfig
import Signals

/// `jailbreak`: an attempt to break the model's rules, by a classifier or by likeness to examples.
struct JailbreakSignal: GuardSignalRules {
  static let family = SignalFamily.jailbreak
  static let documentation = SignalDocumentation(
    summary: "The prompt tries to break the model's rules: a jailbreak or an injected instruction.",
    computation: [
      """
      `classifier`: the guard gives each of its labels a probability; the risk is the sum of those of \
      `prompt_guard.positive_labels`, and a rule matches when it reaches the threshold. With `include_history` each \
      earlier message of users, assistants and tools is read too, and the greatest risk counts; what operators wrote \
      (`system`, `developer`) is not read.
      """,
      """
      `contrastive`: the prompt's cosine to the likest of `jailbreak_patterns` less that to the likest of \
      `benign_patterns`; it needs an encoder and reads the evaluation text alone.
      """,
      """
      A signal does not block by itself: a decision with the plugin `fast_response` does. When the reader fails, a rule \
      matches as `classification_error` with confidence 1, so that the guard closes; with `prompt_guard.on_error: allow` it \
      counts as failed.
      """,
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("method", "`classifier` or `contrastive`", default: "classifier", "How the risk is told."),
      .init(
        "threshold", "number in 0…1", default: "that of `prompt_guard`, else 0.7; 0.1 (`contrastive`)",
        "The risk that matches."),
      .init("include_history", "true or false", default: "false", "Whether earlier messages are read too."),
      .init("jailbreak_patterns", "list of strings", default: "none", "Attacks (`contrastive`)."),
      .init("benign_patterns", "list of strings", default: "none", "Harmless prompts (`contrastive`)."),
    ],
    confidence: "the risk.",
    value: "the risk.",
    cost: "tens of µs with the linear guard; milliseconds with an encoder")

  private enum Method: Sendable {
    case classifier(includesHistory: Bool)
    case contrastive(attacks: PhraseVectors, benign: PhraseVectors)
  }

  private struct Rule: Sendable {
    var method: Method
    var threshold: Double
  }

  private let rules: [Rule]
  private let promptGuard: (any TextClassifier)?
  /// The labels that make up the risk, by their places; the last is told as evidence when nothing else is.
  private let positive: [Int]
  private let closes: Bool

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> JailbreakSignal {
    JailbreakSignal(declarations.jailbreak, models: environment.models, settings: environment.settings.promptGuard)
  }

  init(_ declarations: [JailbreakRule], models: ReadingModels, settings: PromptGuardSettings) {
    promptGuard = models.promptGuard
    positive = (models.promptGuard?.labels ?? []).enumerated().filter {
      settings.positiveLabels.contains($0.element)
    }.map(\.offset)
    closes = settings.onError == .block
    rules = declarations.map { rule in
      switch rule.method {
      case .classifier:
        Rule(
          method: .classifier(includesHistory: rule.includesHistory), threshold: rule.threshold ?? settings.threshold)
      case .contrastive:
        Rule(
          method: .contrastive(
            attacks: PhraseVectors(rule.attacks, models.encoder), benign: PhraseVectors(rule.benign, models.encoder)),
          threshold: rule.threshold ?? JailbreakRule.contrastiveThreshold)
      }
    }
  }

  var wantsEncoding: Bool {
    rules.contains { if case .contrastive = $0.method { true } else { promptGuard?.wantsEncoding ?? false } }
  }

  var readsHistory: Bool {
    rules.contains { if case .classifier(includesHistory: true) = $0.method { true } else { false } }
  }

  func read(_ facts: PromptFacts, _ encoding: PromptEncoding) -> FamilyReading {
    guard !rules.isEmpty else { return FamilyReading(readings: []) }
    var risks = Risks(signal: self, encoded: facts.evaluationText, encoding)
    var failure: String?
    let readings = rules.map { rule in
      switch rule.method {
      case .classifier(let includesHistory):
        let texts =
          (facts.evaluationText.isEmpty ? [] : [facts.evaluationText]) + (includesHistory ? facts.history : [])
        switch risks.highest(of: texts) {
        case .success(let risk): return reading(risk.value, rule, risk.label)
        case .failure(let error):
          failure = error.reason
          return failed(error.reason)
        }
      case .contrastive(let attacks, let benign):
        guard !facts.evaluationText.isEmpty else { return SignalReading(state: .unmatched) }
        guard let vector = encoding.direction, let like = attacks.highest(vector), let unlike = benign.highest(vector)
        else {
          failure = encoding.reason
          return failed(encoding.reason)
        }
        let found = reading(Double(like - unlike), rule, "like an attack")
        // A small part says nothing against an attack in the rest; what it shows of one counts.
        guard case .read(let read) = encoding, read.isMostlyUnread, !found.isMatched, let shortfall = encoding.shortfall
        else { return found }
        failure = shortfall
        return failed(shortfall)
      }
    }
    if let failure { return FamilyReading(readings: readings, note: note(of: failure), isProvisional: true) }
    return FamilyReading(readings: readings).lessened(by: wantsEncoding ? encoding.shortfall : nil)
  }

  func unread(_ reason: String) -> FamilyReading {
    FamilyReading(readings: rules.map { _ in failed(reason) }, note: note(of: reason), isProvisional: true)
  }

  private func note(of failure: String) -> String {
    closes ? "the guard failed and so it closes: \(failure)" : "the guard failed and lets the prompt pass: \(failure)"
  }

  private func reading(_ risk: Double, _ rule: Rule, _ evidence: String?) -> SignalReading {
    guard risk >= rule.threshold else { return SignalReading(state: .unmatched, value: risk) }
    return SignalReading(
      state: .matched(confidence: min(max(risk, 0), 1)), value: risk, evidence: evidence.map { [$0] } ?? [])
  }

  private func failed(_ reason: String) -> SignalReading {
    closes
      ? SignalReading(state: .matched(confidence: 1), evidence: [SignalReading.readerFailed])
      : SignalReading(state: .failed(reason: reason))
  }

  private struct Failure: Error { var reason: String }

  private struct Risk {
    var value: Double
    var label: String?
  }

  /// Reads each text once, whatever the number of rules.
  private struct Risks {
    let signal: JailbreakSignal
    /// The text that the encoder has read, and what came of it.
    let encoded: [UInt8]
    let encoding: PromptEncoding
    private var known: [[UInt8]: Risk] = [:]

    init(signal: JailbreakSignal, encoded: [UInt8], _ encoding: PromptEncoding) {
      self.signal = signal
      self.encoded = encoded
      self.encoding = encoding
    }

    mutating func highest(of texts: [[UInt8]]) -> Result<Risk, Failure> {
      guard let promptGuard = signal.promptGuard else { return .failure(Failure(reason: "this process has no guard")) }
      for text in texts where known[text] == nil {
        switch promptGuard.classify(text, text == encoded ? encoding : .absent) {
        case .success(let classification):
          let probabilities = classification.probabilities
          guard probabilities.count == promptGuard.labels.count, probabilities.allSatisfy(\.isFinite) else {
            return .failure(Failure(reason: "\(promptGuard.name) gave no probabilities"))
          }
          let best = signal.positive.max { probabilities[$0] < probabilities[$1] }
          known[text] = Risk(
            value: signal.positive.reduce(0) { $0 + Double(probabilities[$1]) },
            label: best.map { promptGuard.labels[$0] })
        case .failure(let error): return .failure(Failure(reason: "\(error)"))
        }
      }
      var highest = Risk(value: 0, label: nil)
      for text in texts {
        guard let risk = known[text] else {
          return .failure(Failure(reason: "\(promptGuard.name) read less than it was asked"))
        }
        if risk.value > highest.value { highest = risk }
      }
      return .success(highest)
    }
  }
}
