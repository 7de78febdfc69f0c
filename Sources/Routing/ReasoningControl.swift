import JSONText
import RouterConfig

/// How one model is told to reason or not, and what that does to a request's body.
public struct ReasoningControl: Sendable, Equatable {
  /// The effort when neither the decision nor the document names one.
  public static let defaultEffort = "medium"

  let family: ReasoningFamily
  let dialect: ReasoningDialect

  /// A change to the body, in the vocabulary of the request editor.
  public enum Change: Sendable, Equatable {
    /// `chat_template_kwargs[key] = value`, other keys kept.
    case setTemplateArgument(key: String, value: JSONFragment)
    case setTopLevel(key: String, value: JSONFragment)
    case removeTopLevel(key: String)
  }

  /// The changes for one request.
  ///
  /// | family type | reasoning on | reasoning off |
  /// |---|---|---|
  /// | chat_template_kwargs | `kwargs[parameter] = true` | `kwargs[parameter] = false` |
  /// | reasoning_effort, engines | `kwargs.reasoning_effort = effort` | the client's own effort, else `low`, in kwargs |
  /// | reasoning_effort, hosted APIs | `reasoning_effort = effort` | the client's own is kept |
  /// | top_level_reasoning_effort | `reasoning_effort = effort` | the client's own is kept |
  /// | DeepSeek's host | `thinking: {type: enabled}` and the effort | `thinking: {type: disabled}` |
  ///
  /// Where the effort moves into the template, the client's top-level `reasoning_effort` is removed. DeepSeek's host
  /// knows no template, so `chat_template_kwargs` is removed for it, and the effort with reasoning off.
  ///
  /// - Parameters:
  ///   - effort: a word such as `high`.
  ///   - clientEffort: the client's own `reasoning_effort`, nil when it sent none.
  public func changes(isOn: Bool, effort: String, clientEffort: JSONFragment?) -> [Change] {
    let effort = JSONFragment.string(effort)
    let removal: [Change] = clientEffort == nil ? [] : [.removeTopLevel(key: "reasoning_effort")]
    if dialect == .deepSeek {
      let thinking = Change.setTopLevel(
        key: "thinking", value: .object(["type": .string(isOn ? "enabled" : "disabled")]))
      let arguments = Change.removeTopLevel(key: "chat_template_kwargs")
      return isOn
        ? [thinking, .setTopLevel(key: "reasoning_effort", value: effort), arguments] : [thinking, arguments] + removal
    }
    switch family.kind {
    case .chatTemplateKwargs:
      return [.setTemplateArgument(key: family.parameter, value: .boolean(isOn))] + removal
    case .reasoningEffort where dialect == .chatTemplate:
      return [
        .setTemplateArgument(key: "reasoning_effort", value: isOn ? effort : clientEffort ?? .string("low"))
      ] + removal
    case .reasoningEffort, .topLevelReasoningEffort:
      return isOn ? [.setTopLevel(key: "reasoning_effort", value: effort)] : []
    }
  }
}
