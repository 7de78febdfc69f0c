import JSONText

/// The members of a request body that routing knows by name.
public enum KnownMember: UInt8, Sendable, Equatable, CaseIterable {
  case model
  case stream
  case streamOptions
  case messages
  case prompt
  case input
  case metadata
  case tools
  case toolChoice
  case responseFormat
  case maxTokens
  case maxCompletionTokens
  case choices
  case user
  case chatTemplateArguments
  case reasoningEffort
  case thinking
  case functions

  /// The member's name in the body.
  public var name: StaticString {
    switch self {
    case .model: "model"
    case .stream: "stream"
    case .streamOptions: "stream_options"
    case .messages: "messages"
    case .prompt: "prompt"
    case .input: "input"
    case .metadata: "metadata"
    case .tools: "tools"
    case .toolChoice: "tool_choice"
    case .responseFormat: "response_format"
    case .maxTokens: "max_tokens"
    case .maxCompletionTokens: "max_completion_tokens"
    case .choices: "n"
    case .user: "user"
    case .chatTemplateArguments: "chat_template_kwargs"
    case .reasoningEffort: "reasoning_effort"
    case .thinking: "thinking"
    case .functions: "functions"
    }
  }

  /// The known member with that name, however the name is escaped.
  static func named(_ key: JSONExtent, in bytes: UnsafeRawBufferPointer) -> KnownMember? {
    func isNamed(_ candidate: KnownMember) -> Bool {
      JSONString.equals(key, candidate.name, in: bytes)
    }
    switch key.unescapedLength {
    case 1: return isNamed(.choices) ? .choices : nil
    case 4: return isNamed(.user) ? .user : nil
    case 5:
      return isNamed(.model) ? .model : isNamed(.tools) ? .tools : isNamed(.input) ? .input : nil
    case 6: return isNamed(.stream) ? .stream : isNamed(.prompt) ? .prompt : nil
    case 8:
      return isNamed(.messages)
        ? .messages : isNamed(.metadata) ? .metadata : isNamed(.thinking) ? .thinking : nil
    case 9: return isNamed(.functions) ? .functions : nil
    case 10: return isNamed(.maxTokens) ? .maxTokens : nil
    case 11: return isNamed(.toolChoice) ? .toolChoice : nil
    case 14: return isNamed(.streamOptions) ? .streamOptions : nil
    case 15: return isNamed(.responseFormat) ? .responseFormat : nil
    case 16: return isNamed(.reasoningEffort) ? .reasoningEffort : nil
    case 20: return isNamed(.chatTemplateArguments) ? .chatTemplateArguments : nil
    case 21: return isNamed(.maxCompletionTokens) ? .maxCompletionTokens : nil
    default: return nil
    }
  }
}

/// A member of the request body's object.
public struct TopLevelMember: Sendable, Equatable {
  /// The name, a string.
  public var key: JSONExtent
  public var value: JSONExtent
  /// Which known member it is; nil for one that routing knows nothing of.
  public var known: KnownMember?
}
