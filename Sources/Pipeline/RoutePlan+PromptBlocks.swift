import Balancing
import ChatProtocols
import JSONText

extension RoutePlan {
  /// Feeds the prompt as the engine will read it, in the order in which chat templates write it: tools, then the system
  /// prompt that routing sets, then the messages. Texts are hashed as they stand in the body, escapes and all.
  ///
  /// Two requests share a block only if every byte before it is the same; a system prompt that routing put in counts.
  func append(to blocks: inout PromptBlocks, body: UnsafeRawBufferPointer) {
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: body[range]) }
    switch facts.endpoint {
    case .chatCompletions:
      if let tools = facts.member(.tools) { blocks.append(.tools, bytes(tools.value.range)) }
      if let functions = facts.member(.functions) { blocks.append(.tools, bytes(functions.value.range)) }
      var messages = facts.messages[...]
      if injectsSystemPrompt, let plugin = selection?.systemPrompt {
        blocks.begin(.system)
        var prompt = plugin.prompt
        prompt.withUTF8 { blocks.append(UnsafeRawBufferPointer($0)) }
        // The first message, if it is a system message, goes into what routing sets or gives way to it.
        if let first = messages.first, first.role == .system {
          if plugin.mode != .replace, let content = first.content { blocks.append(bytes(content.range)) }
          messages.removeFirst()
        }
      }
      for message in messages {
        blocks.begin(Self.piece(message.role))
        // Calls of tools stand beside the content.
        if message.toolCalls > 0 {
          blocks.append(bytes(message.range))
        } else if let content = message.content {
          blocks.append(bytes(content.range))
        }
      }
    case .completions:
      if let prompt = facts.member(.prompt) { blocks.append(.text, bytes(prompt.value.range)) }
    default:
      if let input = facts.member(.input) { blocks.append(.text, bytes(input.value.range)) }
    }
  }

  private static func piece(_ role: MessageRole) -> PromptBlocks.Piece {
    switch role {
    case .system: .system
    case .developer: .developer
    case .user: .user
    case .assistant: .assistant
    case .tool, .function: .tool
    case .other: .other
    }
  }
}
