import ChatProtocols
import RouterConfig
import Signals

/// `metadata`: a key of the body's `metadata` object has a value, one of some values, or is there at all.
struct MetadataSignal: PlainSignalRules {
  static let family = SignalFamily.metadata
  static let documentation = SignalDocumentation(
    summary: "A key of the request's `metadata` object has the wanted value.",
    computation: [
      "Compares whole strings; case matters. A key that is absent matches nothing but `exists: false`."
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("key", "string", default: nil, "The key of `metadata`."),
      .init("predicate.equals", "string", default: "none", "The value it must have."),
      .init("predicate.in", "list of strings", default: "none", "The values of which it must have one."),
      .init(
        "predicate.exists", "true or false", default: "none", "Whether the key must be there. One predicate a rule."),
    ],
    confidence: "1.",
    value: nil,
    cost: "well under 1 µs")

  private let rules: [MetadataRule]

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> MetadataSignal {
    MetadataSignal(declarations.metadata)
  }

  init(_ rules: [MetadataRule]) { self.rules = rules }

  func read(_ facts: PromptFacts) -> FamilyReading {
    FamilyReading(
      readings: rules.map { rule in
        let value = facts.metadata[rule.key]
        let isMatched =
          switch rule.predicate {
          case .equals(let wanted): value == wanted
          case .isIn(let wanted): value.map(wanted.contains) ?? false
          case .exists(let wanted): (value != nil) == wanted
          }
        return isMatched
          ? SignalReading(state: .matched(confidence: 1), evidence: [rule.key]) : SignalReading(state: .unmatched)
      })
  }
}
