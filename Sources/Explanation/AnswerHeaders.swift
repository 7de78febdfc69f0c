import Pipeline

/// A header field of an answer.
public struct HeaderField: Sendable, Equatable {
  /// In lower case.
  public var name: String
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// The routing headers of an answer, as the semantic router's header contract (schema version 2) names them.
///
/// What upstream hides behind `x-vsr-debug` and the guide shows by default (category, reasoning, injected system prompt)
/// is always sent.
public enum AnswerHeaders {
  /// The fields of a successful answer that an engine gives under this plan, in the order in which the gateway writes
  /// them.
  public static func fields(for plan: RoutePlan) -> [HeaderField] {
    var fields: [HeaderField] = []
    func add(_ name: String, _ value: String) { fields.append(HeaderField(name: "x-vsr-\(name)", value: value)) }
    add("schema-version", "2")
    add("response-path", "upstream")
    add("selected-model", plan.publicModel)
    guard let selection = plan.selection else { return fields }
    add("selected-recipe", selection.recipe)
    add("selected-algorithm", selection.algorithm)
    if let decision = selection.decision {
      add("selected-decision", decision)
      add("selected-confidence", Decimals.text(selection.confidence, places: 4))
    }
    if let category = selection.category { add("selected-category", category) }
    if let usesReasoning = selection.usesReasoning { add("selected-reasoning", usesReasoning ? "on" : "off") }
    add("injected-system-prompt", plan.injectsSystemPrompt ? "true" : "false")
    return fields
  }
}
