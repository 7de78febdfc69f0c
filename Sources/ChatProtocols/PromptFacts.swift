/// What signals may read of a request, decoded once.
public struct PromptFacts: Sendable, Equatable {
  /// The text that text signals read: the last user message that has text (text parts joined by a space), or, when
  /// no user message has any, the system, developer and assistant texts joined by a space. UTF-8, unescaped.
  public var evaluationText: [UInt8]
  /// The texts of the other messages that users, assistants and tools wrote, oldest first, each message's parts joined by a
  /// space; empty unless they were asked for. What operators wrote (`system`, `developer`) is not among them.
  public var history: [[UInt8]]
  /// The body's `metadata` object: at most 32 entries, keys of at most 128 bytes, values of at most
  /// 1 024 bytes.
  public var metadata: [String: String]
  public var conversation: ConversationFacts
  public var size: PromptSize

  public init(
    evaluationText: [UInt8] = [], history: [[UInt8]] = [], metadata: [String: String] = [:],
    conversation: ConversationFacts = ConversationFacts(), size: PromptSize = PromptSize()
  ) {
    self.evaluationText = evaluationText
    self.history = history
    self.metadata = metadata
    self.conversation = conversation
    self.size = size
  }
}

/// Counts of the request's envelope.
public struct ConversationFacts: Sendable, Equatable {
  public var userMessages = 0
  public var assistantMessages = 0
  public var systemMessages = 0
  public var developerMessages = 0
  public var toolMessages = 0
  /// Messages of every role, also unknown ones.
  public var messages = 0
  public var toolDefinitions = 0
  /// Entries of assistant messages' `tool_calls`.
  public var assistantToolCalls = 0
  /// Assistant messages with tool calls that were all answered by tool messages.
  public var completedToolCycles = 0
  /// The conversation ends inside a tool loop: its last message is a tool's, or an assistant's with tool calls.
  public var isInToolLoop = false
  public var images = 0

  public init() {}
}

/// What the token estimate of the `context` signal is made of, in bytes and counts.
public struct PromptSize: Sendable, Equatable {
  /// Bytes of all message texts, unescaped.
  public var textBytes = 0
  /// Bytes of tool schemas, tool-call arguments, tool results and response_format, as sent.
  public var structuredBytes = 0
  public var images = 0
  public var messages = 0
  public var toolCalls = 0
  public var toolDefinitions = 0
  /// `max_completion_tokens`, else `max_tokens`, else 0.
  public var outputReserve = 0

  public init() {}
}
