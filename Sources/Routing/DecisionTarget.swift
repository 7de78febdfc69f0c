import RouterConfig

/// What of a ``Selection`` a recipe and a decision fix, made once a configuration.
///
/// A reference, so that a request that comes to it copies none of its texts.
final class DecisionTarget: Sendable {
  let recipe: String
  let decision: String?
  let decisionIndex: Int?
  let model: String
  let adapter: String?
  let usesReasoning: Bool?
  let reasoning: ReasoningControl?
  let effort: String
  /// For a client that sent no effort of its own.
  let reasoningChanges: [ReasoningControl.Change]
  let systemPrompt: SystemPromptPlugin?
  let fastResponse: FastResponsePlugin?
  let notes: [String]

  /// - Parameter chosen: the candidate that was taken; nil when the decision names no model, or there is no decision.
  init(
    recipe: String, decision: (index: Int, value: Decision)?, model: String, adapter: String?, chosen: ModelRef?,
    reasoning: ReasoningControl?, effort: String, notes: [String]
  ) {
    self.recipe = recipe
    self.decision = decision?.value.name
    decisionIndex = decision?.index
    self.model = model
    self.adapter = adapter
    usesReasoning = chosen?.useReasoning
    self.reasoning = reasoning
    self.effort = effort
    self.notes = notes
    reasoningChanges =
      if let isOn = chosen?.useReasoning, let reasoning {
        reasoning.changes(isOn: isOn, effort: effort, clientEffort: nil)
      } else {
        []
      }
    var prompt: SystemPromptPlugin?
    for case .systemPrompt(let plugin) in decision?.value.plugins ?? []
    where plugin.isEnabled && !plugin.prompt.isEmpty {
      prompt = plugin
    }
    systemPrompt = prompt
    fastResponse = decision?.value.fastResponse
  }
}

extension Decision {
  /// The answer that the router gives itself.
  var fastResponse: FastResponsePlugin? {
    for case .fastResponse(let plugin) in plugins where plugin.isEnabled { return plugin }
    return nil
  }
}
