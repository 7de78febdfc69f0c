import ChatProtocols
import RouterConfig
import Signals

/// `domain`: what the prompt is about, by a classifier of 14 subjects.
struct DomainSignal: SignalRules {
  static let family = SignalFamily.domain
  static let documentation = SignalDocumentation(
    summary: "The prompt is about a subject: one or more of the 14 subjects of MMLU-Pro.",
    computation: [
      """
      A classifier gives each of the labels a calibrated probability. With H = −Σ p × log2 p ÷ log2 n: below 0.4 only \
      the likeliest label can count, else every label; a label counts when its probability reaches the threshold of \
      `model_catalog.modules.classifier.domain`. A rule matches when one of its labels counts.
      """,
      """
      When no label counts, the prompt is taken as the fallback category (`fallback_category`, else `other`): the rule \
      that holds that label matches, with its probability; where no rule holds it, nothing matches. The trace says \
      which. A prompt without text matches nothing.
      """,
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("description", "string", default: "empty", "For people."),
      .init("mmlu_categories", "list of labels", default: "the rule's name", "The labels that mean this domain."),
    ],
    confidence: "the probability of the rule's likeliest label that counts.",
    value: "the probability of the rule's likeliest label.",
    cost: "tens of µs with the linear model; milliseconds with an encoder")

  /// Entropy, as a share of the most there can be, below which only the likeliest label can count.
  static let sureEntropy = 0.4

  private struct Rule: Sendable {
    var labels: [Int]
    /// The label that the fallback gives this rule; nil when it does not hold it.
    var fallback: Int?
  }

  private let rules: [Rule]
  private let classifier: any TextClassifier
  private let threshold: Double
  private let fallbackCategory: String

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> DomainSignal {
    try DomainSignal(
      declarations.domains, classifier: environment.models.domain, threshold: environment.settings.domainThreshold,
      fallbackCategory: environment.settings.fallbackCategory
    ) { environment.path(family, $0) }
  }

  init(
    _ declarations: [DomainRule], classifier: any TextClassifier, threshold: Double, fallbackCategory: String,
    path: (Int) -> String
  ) throws(SignalCompilationErrors) {
    let places = Dictionary(zip(classifier.labels, classifier.labels.indices)) { first, _ in first }
    let fallback = fallbackCategory.lowercased()
    var problems: [SignalCompilationError] = []
    var rules: [Rule] = []
    for (index, declaration) in declarations.enumerated() {
      if declaration.labels.isEmpty {
        problems.append(
          SignalCompilationError(
            path: "\(path(index)).mmlu_categories",
            reason: "domain \"\(declaration.name)\" has no label; list some of \(Self.list(classifier.labels))"))
      }
      var rule = Rule(labels: [], fallback: nil)
      for (place, label) in declaration.labels.enumerated() {
        guard let known = places[label.rawValue] else {
          problems.append(
            SignalCompilationError(
              path: "\(path(index)).mmlu_categories[\(place)]",
              reason: "the classifier \(classifier.name) has no label \"\(label.rawValue)\"; it has "
                + Self.list(classifier.labels)))
          continue
        }
        rule.labels.append(known)
        if label.rawValue == fallback { rule.fallback = known }
      }
      rules.append(rule)
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.rules = rules
    self.classifier = classifier
    self.threshold = threshold
    self.fallbackCategory = fallbackCategory
  }

  private static func list(_ labels: [String]) -> String { labels.joined(separator: ", ") }

  var wantsEncoding: Bool { classifier.wantsEncoding }

  func read(_ facts: PromptFacts, _ encoding: PromptEncoding) -> FamilyReading {
    guard !rules.isEmpty else { return FamilyReading(readings: []) }
    guard !facts.evaluationText.isEmpty else {
      return FamilyReading(
        readings: rules.map { _ in SignalReading(state: .unmatched) }, note: "the request has no text to classify")
    }
    switch classifier.classify(facts.evaluationText, encoding) {
    case .success(let classification) where classification.probabilities.count == classifier.labels.count:
      return reading(classification).lessened(by: wantsEncoding ? encoding.shortfall : nil)
    case .failure(let error):
      return failed("\(error)")
    default:
      return failed("the classifier \(classifier.name) gave no probabilities for its \(classifier.labels.count) labels")
    }
  }

  private func failed(_ reason: String) -> FamilyReading {
    FamilyReading(readings: rules.map { _ in SignalReading(state: .failed(reason: reason)) })
  }

  private func reading(_ classification: TextClassification) -> FamilyReading {
    let probabilities = classification.probabilities.map(Double.init)
    guard probabilities.allSatisfy(\.isFinite) else {
      return failed("the classifier \(classifier.name) gave a probability that is no number")
    }
    let best = classification.best
    let onlyBest = Self.entropy(probabilities) < Self.sureEntropy
    func counts(_ label: Int) -> Bool { probabilities[label] >= threshold && (!onlyBest || label == best) }

    let isSure = probabilities.indices.contains(where: counts)
    let readings = rules.map { rule in
      let value = rule.labels.map { probabilities[$0] }.max()
      let matching = isSure ? rule.labels.filter(counts) : rule.fallback.map { [$0] } ?? []
      guard let label = matching.max(by: { probabilities[$0] < probabilities[$1] }) else {
        return SignalReading(state: .unmatched, value: value)
      }
      return SignalReading(
        state: .matched(confidence: probabilities[label]), value: value, evidence: [classifier.labels[label]])
    }
    return FamilyReading(
      readings: readings, note: isSure ? nil : note(best: best, probability: probabilities[best]))
  }

  private func note(best: Int, probability: Double) -> String {
    let doubt =
      "no domain is sure (best \(classifier.labels[best]) \(Decimals.two(probability)) < \(Decimals.two(threshold)))"
    return rules.contains { $0.fallback != nil }
      ? "\(doubt); taken as \(fallbackCategory)"
      : "\(doubt); no domain rule holds the fallback category \(fallbackCategory), so none matches"
  }

  /// Shannon entropy as a share of log2 n: 0 when one label has all, 1 when all are alike.
  static func entropy(_ probabilities: [Double]) -> Double {
    guard probabilities.count > 1 else { return 0 }
    let sum = probabilities.reduce(0) { $1 > 0 ? $0 - $1 * RealFunctions.log($1) : $0 }
    return sum / RealFunctions.log(Double(probabilities.count))
  }
}
