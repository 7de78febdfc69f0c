import ChatProtocols
import RouterConfig
import Signals

/// `embedding`: the prompt is like some phrases.
struct EmbeddingSignal: SignalRules {
  static let family = SignalFamily.embedding
  static let documentation = SignalDocumentation(
    summary: "The prompt means about the same as one of some phrases.",
    computation: [
      """
      The encoder turns the prompt and, when the configuration is loaded, the phrases into vectors. `mean`: the mean cosine \
      to all phrases. `max` and `any`: phrases alike (cosine 0.9) are put together, the eight largest groups stay, each by \
      its middle phrase; the score is 0.75 of the cosine to the likest and 0.25 of the mean of the two likest.
      """,
      """
      A rule matches when its score reaches its threshold. When no rule does, those match that reach \
      `min_score_threshold` (0.5), unless `enable_soft_matching` is false. Of those that match, the `top_k` (1) likest stay, \
      by name where they are equal.
      """,
      "Without an encoder, or when it is late, every rule has failed; the trace says why.",
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("threshold", "number in 0…1", default: nil, "The score that matches."),
      .init("candidates", "list of strings", default: nil, "The phrases, 1 000 at most."),
      .init("aggregation_method", "`mean`, `max` or `any`", default: "mean", "How likeness becomes one number."),
    ],
    confidence: "the score.",
    value: "the score.",
    cost: "milliseconds with an encoder")

  private struct Rule: Sendable {
    var name: String
    var threshold: Double
    var usesMean: Bool
    var phrases: PhraseVectors
  }

  private let rules: [Rule]
  private let settings: EmbeddingSettings

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> EmbeddingSignal {
    EmbeddingSignal(
      declarations.embeddings, encoder: environment.models.encoder, settings: environment.settings.embeddings)
  }

  init(_ declarations: [EmbeddingRule], encoder: (any PromptEncoder)?, settings: EmbeddingSettings) {
    self.settings = settings
    rules = declarations.map { rule in
      let phrases = PhraseVectors(rule.candidates, encoder)
      return Rule(
        name: rule.name, threshold: rule.threshold, usesMean: rule.aggregation == .mean,
        phrases: rule.aggregation == .mean ? phrases : phrases.prototypes())
    }
  }

  var wantsEncoding: Bool { !rules.isEmpty }

  func read(_ facts: PromptFacts, _ encoding: PromptEncoding) -> FamilyReading {
    guard !rules.isEmpty else { return FamilyReading(readings: []) }
    guard !facts.evaluationText.isEmpty else {
      return FamilyReading(
        readings: rules.map { _ in SignalReading(state: .unmatched) }, note: "the request has no text to compare")
    }
    guard let vector = encoding.direction else {
      return FamilyReading(
        readings: rules.map { _ in SignalReading(state: .failed(reason: encoding.reason)) }, isProvisional: true)
    }
    let scores = rules.map { rule -> Double in
      Double((rule.usesMean ? rule.phrases.mean(vector) : rule.phrases.best(vector)) ?? -1)
    }
    var matching = rules.indices.filter { scores[$0] >= rules[$0].threshold }
    var note: String?
    if matching.isEmpty, settings.matchesSoftly {
      matching = rules.indices.filter { scores[$0] >= settings.lowestScore }
      if !matching.isEmpty {
        note = "no rule reaches its threshold; those at \(Decimals.two(settings.lowestScore)) and above match softly"
      }
    }
    if settings.topRules > 0, matching.count > settings.topRules {
      matching.sort { (-scores[$0], rules[$0].name) < (-scores[$1], rules[$1].name) }
      matching.removeLast(matching.count - settings.topRules)
    }
    let readings = rules.indices.map { index in
      SignalReading(
        state: matching.contains(index) ? .matched(confidence: min(max(scores[index], 0), 1)) : .unmatched,
        value: scores[index])
    }
    return FamilyReading(readings: readings, note: note).lessened(by: encoding.shortfall)
  }
}
