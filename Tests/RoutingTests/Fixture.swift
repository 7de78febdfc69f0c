import RouterConfig
import Signals

/// Three rules `a`, `b` and `c` in each family, and readings of them by name.
enum Fixture {
  static let names = ["a", "b", "c"]

  static let signals = SignalDeclarations(
    keywords: names.map { KeywordRule(name: $0, keywords: [$0]) },
    domains: names.map { DomainRule(name: $0, labels: [.other]) },
    language: names.map { LanguageRule(name: $0) },
    context: names.map { ContextRule(name: $0) },
    structure: names.map { StructureRule(name: $0, feature: .exists, source: .textBytes) },
    conversation: names.map { ConversationRule(name: $0, feature: .exists, source: .toolDefinition) },
    metadata: names.map { MetadataRule(name: $0, key: $0, predicate: .exists(true)) },
    jailbreak: names.map { JailbreakRule(name: $0) },
    pii: names.map { PersonalDataRule(name: $0) },
    embeddings: names.map { EmbeddingRule(name: $0, threshold: 0.5, candidates: [$0]) })

  /// Readings of whole families; a rule that is not named is unmatched.
  ///
  /// - Parameter families: those that were read.
  static func readings(
    _ states: [String: SignalReading.State] = [:], values: [String: Double] = [:],
    of families: [SignalFamily] = SignalFamily.allCases
  ) -> SignalReadings {
    var readings = SignalReadings()
    for family in families {
      readings[family] = FamilyReading(
        readings: names.map { name in
          let key = "\(family.ruleType):\(name)"
          return SignalReading(state: states[key] ?? .unmatched, value: values[key])
        })
    }
    return readings
  }

  /// A leaf by its `type:name`.
  static func leaf(
    _ key: String, _ predicate: NumericPredicate? = nil, onError: RuleLeaf.OnError? = nil
  ) -> RuleNode {
    let parts = key.split(separator: ":", maxSplits: 1).map(String.init)
    return .leaf(RuleLeaf(type: parts[0], name: parts[1], predicate: predicate, onError: onError))
  }
}

extension SignalReading.State {
  static let down = SignalReading.State.failed(reason: "the classifier is down")
  static func match(_ confidence: Double = 1) -> SignalReading.State { .matched(confidence: confidence) }
}
