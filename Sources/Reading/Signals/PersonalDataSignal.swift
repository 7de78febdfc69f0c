import ChatProtocols
import RouterConfig
import Signals

/// `pii`: personal data of a type that is not allowed.
struct PersonalDataSignal: GuardSignalRules {
  static let family = SignalFamily.pii
  static let documentation = SignalDocumentation(
    summary: "The prompt holds personal data of a type that the rule does not allow.",
    computation: [
      """
      Grammars find what has a structure (e-mail addresses, card and account numbers, telephone numbers, addresses and \
      others), a tagger names, places and organisations. A find counts when its confidence reaches the threshold; a rule \
      matches when one counts whose type is not in `pii_types_allowed`.
      """,
      """
      The types: `AGE`, `CREDIT_CARD`, `DATE_TIME`, `DOMAIN_NAME`, `EMAIL_ADDRESS`, `GPE`, `IBAN_CODE`, `IP_ADDRESS`, `NRP`, \
      `ORGANIZATION`, `PERSON`, `PHONE_NUMBER`, `STREET_ADDRESS`, `TITLE`, `US_DRIVER_LICENSE`, `US_SSN`, `ZIP_CODE`.
      """,
      """
      Which types were found is told, what was found never. When the reader fails, a rule matches as \
      `classification_error`; with `classifier.pii.on_error: allow` it counts as failed.
      """,
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init(
        "threshold", "number in 0…1", default: "that of `classifier.pii`, else 0.9", "The confidence that counts."),
      .init("pii_types_allowed", "list of types", default: "none", "Types that do not match."),
      .init("include_history", "true or false", default: "false", "Whether earlier messages are read too."),
    ],
    confidence: "that of the surest find that counts.",
    value: "the number of finds that count.",
    cost: "about 0.1 ms a KiB; milliseconds with an encoder")

  private struct Rule: Sendable {
    var threshold: Double
    var allowed: Set<PersonalDataType>
    var includesHistory: Bool
  }

  private let rules: [Rule]
  private let reader: (any PersonalDataReader)?
  private let closes: Bool

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> PersonalDataSignal {
    PersonalDataSignal(
      declarations.pii, reader: environment.models.personalData, settings: environment.settings.personalData)
  }

  init(_ declarations: [PersonalDataRule], reader: (any PersonalDataReader)?, settings: PersonalDataSettings) {
    self.reader = reader
    closes = settings.onError == .block
    rules = declarations.map { rule in
      Rule(
        threshold: rule.threshold ?? settings.threshold,
        allowed: Set(rule.allowedTypes.compactMap(PersonalDataType.init)), includesHistory: rule.includesHistory)
    }
  }

  func unread(_ reason: String) -> FamilyReading {
    let reading =
      closes
      ? SignalReading(state: .matched(confidence: 1), evidence: [SignalReading.readerFailed])
      : SignalReading(state: .failed(reason: reason))
    return FamilyReading(
      readings: rules.map { _ in reading }, note: "personal data could not be looked for: \(reason)",
      isProvisional: true)
  }

  var wantsEncoding: Bool { reader?.wantsEncoding ?? false }
  var readsHistory: Bool { rules.contains { $0.includesHistory } }

  func read(_ facts: PromptFacts, _ encoding: PromptEncoding) -> FamilyReading {
    guard !rules.isEmpty else { return FamilyReading(readings: []) }
    guard let reader else { return unread("this process has no finder of personal data") }
    let own = facts.evaluationText.isEmpty ? [] : reader.find(in: facts.evaluationText, encoding)
    var earlier: [PersonalDataSpan] = []
    if readsHistory { for text in facts.history { earlier += reader.find(in: text, .absent) } }
    let readings = rules.map { rule in
      let finds = (rule.includesHistory ? own + earlier : own).filter {
        $0.confidence >= rule.threshold && !rule.allowed.contains($0.type)
      }
      guard let surest = finds.max(by: { $0.confidence < $1.confidence }) else {
        return SignalReading(state: .unmatched, value: 0)
      }
      let types = Set(finds.map(\.type.rawValue)).sorted()
      return SignalReading(
        state: .matched(confidence: surest.confidence), value: Double(finds.count), evidence: types)
    }
    // Names are found better when the encoder has the time.
    return FamilyReading(readings: readings).lessened(by: wantsEncoding ? encoding.shortfall : nil)
  }
}
