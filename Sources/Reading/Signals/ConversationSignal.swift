import ChatProtocols
import RouterConfig
import Signals

/// `conversation`: facts of the request's envelope: how many messages of a role, tools, tool calls, images.
struct ConversationSignal: PlainSignalRules {
  static let family = SignalFamily.conversation
  static let documentation = SignalDocumentation(
    summary: "The conversation has a shape: so many messages, tools, tool calls or images.",
    computation: [
      """
      `count` is the number of what `source` names, `exists` is 1 when there is any, else 0. `assistant_tool_cycle` \
      counts assistant messages whose tool calls were all answered; `active_tool_loop` is 1 while the conversation \
      waits inside a tool loop. `non_user` counts the messages of every role but `user`.
      """,
      "Without a predicate the rule matches when the number is above 0.",
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("feature.type", "`exists` or `count`", default: nil, "What is made of the source."),
      .init(
        "feature.source.type",
        "`message`, `tool_definition`, `assistant_tool_call`, `assistant_tool_cycle`, `active_tool_loop` or "
          + "`image_content`", default: nil, "What is counted."),
      .init(
        "feature.source.role", "`user`, `assistant`, `system`, `developer`, `tool` or `non_user`", default: "all roles",
        "Whose messages are counted."),
      .init("predicate", "`gt`, `gte`, `lt`, `lte`", default: "gt: 0", "Bounds that must all hold."),
    ],
    confidence: "1.",
    value: "the count, or 0 or 1 for `exists`.",
    cost: "well under 1 µs")

  static let roles = ["user", "assistant", "system", "developer", "tool", "non_user"]

  private let rules: [ConversationRule]

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> ConversationSignal {
    try ConversationSignal(declarations.conversation) { environment.path(family, $0) }
  }

  init(_ rules: [ConversationRule], path: (Int) -> String) throws(SignalCompilationErrors) {
    var problems: [SignalCompilationError] = []
    for (index, rule) in rules.enumerated() {
      if case .message(let role?) = rule.source, !Self.roles.contains(role) {
        problems.append(
          SignalCompilationError(
            path: "\(path(index)).feature.source.role",
            reason: "there is no role \"\(role)\"; use one of \(Self.roles.joined(separator: ", ")), or none for all"))
      }
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.rules = rules
  }

  func read(_ facts: PromptFacts) -> FamilyReading {
    FamilyReading(
      readings: rules.map { rule in
        let count = Self.count(of: rule.source, in: facts.conversation)
        let value =
          switch rule.feature {
          case .count: Double(count)
          case .exists: count > 0 ? 1.0 : 0.0
          }
        let isMatched = rule.predicate?.holds(for: value) ?? (value > 0)
        return SignalReading(state: isMatched ? .matched(confidence: 1) : .unmatched, value: value)
      })
  }

  private static func count(of source: ConversationRule.Source, in facts: ConversationFacts) -> Int {
    switch source {
    case .message(let role):
      switch role {
      case "user": facts.userMessages
      case "assistant": facts.assistantMessages
      case "system": facts.systemMessages
      case "developer": facts.developerMessages
      case "tool": facts.toolMessages
      case "non_user": facts.messages - facts.userMessages
      default: facts.messages
      }
    case .toolDefinition: facts.toolDefinitions
    case .assistantToolCall: facts.assistantToolCalls
    case .assistantToolCycle: facts.completedToolCycles
    case .activeToolLoop: facts.isInToolLoop ? 1 : 0
    case .imageContent: facts.images
    }
  }
}
