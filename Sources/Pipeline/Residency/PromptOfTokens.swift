import ChatProtocols
import JSONText

/// A prompt as an engine is asked for its tokens, or the tokens themselves where a client sent them.
public enum PromptOfTokens: Sendable, Equatable {
  /// The body of `POST /tokenize` in vLLM's form: what of the request the chat template reads, as the engine will get it.
  case question([UInt8])
  /// A completion's prompt that is numbers of tokens: nobody need be asked.
  case numbers([UInt32])
  /// Its blocks are more than the tokens of one text: it has images or other media, or a cache of its own (`cache_salt`), or it is
  /// several prompts; or it is longer than ``byteLimit``.
  case incomparable

  /// Bytes of a prompt that engines are asked about.
  public static let byteLimit = 1 << 20

  /// - Parameters:
  ///   - edits: of the body, as they will be sent.
  ///   - body: the bytes that the edits' facts were made from.
  ///   - model: as engines know it, or the adapter.
  public init(_ edits: RequestEdits, body: UnsafeRawBufferPointer, model: String) {
    guard body.count <= Self.byteLimit else {
      self = .incomparable
      return
    }
    let splices = edits.splices(on: body)
    guard !splices.isEmpty else {
      self.init(edits.facts, body, model)
      return
    }
    self = splices.apply(to: body).withUnsafeBytes { edited in
      guard let facts = try? RequestFacts.scan(body: edited, endpoint: edits.facts.endpoint) else {
        return .incomparable
      }
      return Self(facts, edited, model)
    }
  }

  private init(_ facts: RequestFacts, _ body: UnsafeRawBufferPointer, _ model: String) {
    guard !Self.isSalted(facts, body) else {
      self = .incomparable
      return
    }
    switch facts.endpoint {
    case .chatCompletions:
      guard let messages = facts.member(.messages), !facts.messages.contains(where: { Self.hasMedia($0, body) }) else {
        self = .incomparable
        return
      }
      self = .question(Self.question(model, facts, body, "messages", messages.value.range, Self.chatMembers))
    case .completions:
      guard let prompt = facts.member(.prompt) else {
        self = .incomparable
        return
      }
      switch prompt.value.kind {
      case .string:
        self = .question(Self.question(model, facts, body, "prompt", prompt.value.range, ["add_special_tokens"]))
      case .array: self = Self.numbers(prompt.value.range, body).map { .numbers($0) } ?? .incomparable
      default: self = .incomparable
      }
    case .embeddings: self = .incomparable
    }
  }

  /// What of a chat request changes its tokens.
  private static let chatMembers: [StaticString] = [
    "tools", "chat_template", "chat_template_kwargs", "add_generation_prompt", "continue_final_message",
    "add_special_tokens", "documents",
  ]

  private static func question(
    _ model: String, _ facts: RequestFacts, _ body: UnsafeRawBufferPointer, _ name: StaticString,
    _ prompt: Range<Int>, _ others: [StaticString]
  ) -> [UInt8] {
    var question: [UInt8] = []
    question.reserveCapacity(prompt.count + 256)
    question.append(contentsOf: #"{"model":"#.utf8)
    JSONString.append(model, to: &question)
    func add(_ name: StaticString, _ range: Range<Int>) {
      question.append(contentsOf: #",""#.utf8)
      name.withUTF8Buffer { question.append(contentsOf: $0) }
      question.append(contentsOf: #"":"#.utf8)
      question.append(contentsOf: body[range])
    }
    add(name, prompt)
    for other in others {
      // The last of a name counts, as with the engines.
      if let member = facts.members.last(where: { JSONString.equals($0.key, other, in: body) }) {
        add(other, member.value.range)
      }
    }
    question.append(UInt8(ascii: "}"))
    return question
  }

  private static func isSalted(_ facts: RequestFacts, _ body: UnsafeRawBufferPointer) -> Bool {
    facts.members.contains { JSONString.equals($0.key, "cache_salt", in: body) && $0.value.kind != .null }
  }

  /// Whether a message has parts that are no text.
  private static func hasMedia(_ message: MessageFacts, _ body: UnsafeRawBufferPointer) -> Bool {
    if message.images > 0 { return true }
    guard let content = message.content, content.kind == .array else { return false }
    do throws(JSONError) {
      var cursor = JSONCursor(body, at: content.range.lowerBound)
      try cursor.enterArray()
      while let kind = try cursor.nextElement() {
        guard kind == .object else { continue }
        try cursor.enterObject()
        while let member = try cursor.nextMember() {
          guard JSONString.equals(member.key, "type", in: body) else { continue }
          let type = try cursor.skipValue()
          if !textParts.contains(where: { JSONString.equals(type, $0, in: body) }) { return true }
        }
      }
      return false
    } catch {
      return true
    }
  }

  private static let textParts: [StaticString] = ["text", "input_text", "output_text", "refusal", "thinking"]

  /// nil where the array holds something else, such as several prompts.
  private static func numbers(_ range: Range<Int>, _ body: UnsafeRawBufferPointer) -> [UInt32]? {
    var cursor = JSONCursor(body, at: range.lowerBound)
    return (try? cursor.numbers(in: body)).flatMap { $0 }
  }
}
