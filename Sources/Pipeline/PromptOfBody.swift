import Balancing
import ChatProtocols
import JSONText
import RouterConfig

/// A request's prompt where it stands in the body, for the hashes of its blocks. Borrows the bytes: used within the call that
/// lent them.
public struct PromptOfBody {
  private enum Source {
    /// A reference: facts are many parts to copy.
    case plan(RoutePlan)
    case facts(RequestFacts)
    case passed(PassedPrompt)
  }

  private let source: Source
  private let body: UnsafeRawBufferPointer

  /// - Parameter body: the bytes that the facts were made from.
  public init(facts: RequestFacts, body: UnsafeRawBufferPointer) {
    source = .facts(facts)
    self.body = body
  }

  /// The prompt of a request that is passed on.
  ///
  /// - Parameter body: the bytes that the prompt was found in.
  public init(passed: PassedPrompt, body: UnsafeRawBufferPointer) {
    source = .passed(passed)
    self.body = body
  }

  /// The prompt as the plan changes it.
  ///
  /// - Parameter body: the bytes that the plan was made from.
  public init(plan: RoutePlan, body: UnsafeRawBufferPointer) {
    source = .plan(plan)
    self.body = body
  }

  /// Feeds the prompt as the engine will read it, in the order in which chat templates write it: tools, then the system
  /// prompt that routing sets, then the messages. Texts are hashed as they stand in the body, escapes and all.
  ///
  /// Two requests share a block only if every byte before it is the same; a system prompt that routing put in counts.
  func append(to blocks: inout PromptBlocks) {
    switch source {
    case .plan(let plan):
      append(plan.facts, systemPrompt: plan.injectsSystemPrompt ? plan.selection?.systemPrompt : nil, to: &blocks)
    case .facts(let facts): append(facts, systemPrompt: nil, to: &blocks)
    case .passed(let prompt):
      prompt.forEachPiece(in: body) { piece in
        switch piece {
        case .tools: blocks.begin(.tools)
        case .system: blocks.begin(.system)
        case .message(let role): blocks.begin(Self.piece(role))
        case .part: blocks.begin(.text)
        case .bytes(let range): blocks.append(bytes(range))
        case .image(let range): blocks.append(bytes(range), images: 1, textBytes: 0)
        }
      }
    }
  }

  /// - Parameter systemPrompt: what routing sets.
  private func append(_ facts: RequestFacts, systemPrompt: SystemPromptPlugin?, to blocks: inout PromptBlocks) {
    switch facts.endpoint {
    case .chatCompletions:
      if let tools = facts.member(.tools) { blocks.append(.tools, bytes(tools.value.range)) }
      if let functions = facts.member(.functions) { blocks.append(.tools, bytes(functions.value.range)) }
      var first = 0
      if let systemPrompt {
        blocks.begin(.system)
        var prompt = systemPrompt.prompt
        prompt.withUTF8 { blocks.append(UnsafeRawBufferPointer($0)) }
        // The first message, if it is a system message, goes into what routing sets or gives way to it.
        if let message = facts.messages.first, message.role == .system {
          if systemPrompt.mode != .replace, let content = message.content { blocks.append(bytes(content.range)) }
          first = 1
        }
      }
      for message in facts.messages[first...] {
        blocks.begin(Self.piece(message.role))
        // Calls of tools stand beside the content.
        if message.toolCalls > 0 {
          blocks.append(bytes(message.range))
        } else if let content = message.content {
          if message.images > 0 {
            blocks.append(bytes(content.range), images: message.images, textBytes: message.textBytes)
          } else {
            blocks.append(bytes(content.range))
          }
        }
      }
    case .completions:
      if let prompt = facts.member(.prompt) { blocks.append(.text, bytes(prompt.value.range)) }
    default:
      if let input = facts.member(.input) { blocks.append(.text, bytes(input.value.range)) }
    }
  }

  private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: body[range]) }

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
