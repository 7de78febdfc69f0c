import JSONText

/// The prompt of a request that is passed on: where it stands in a body of Anthropic's `/v1/messages` or of `/v1/responses`,
/// for what the choice of a replica wants to know of it. Nothing is decoded; the body is not held.
public struct PassedPrompt: Sendable, Equatable {
  /// Whose body it is.
  public enum Form: Sendable, Equatable {
    case messages
    case responses
  }

  /// What a prompt is made of, in the order in which chat templates write it.
  public enum Piece {
    case tools
    case system
    /// A message, or what goes before them.
    case message(MessageRole)
    /// A further part of a message's content.
    case part
    /// Bytes of the piece that was begun last, as a range of the body.
    case bytes(Range<Int>)
    /// Bytes that stand for an image, or tell where it is.
    case image(Range<Int>)
  }

  /// Bytes of the body.
  public let bodyLength: Int
  /// `stream` is true.
  public private(set) var isStreaming = false
  /// Bytes of tools, system prompt and messages as sent, and the most tokens of the answer.
  public private(set) var size = PromptSize()
  private var tools: JSONExtent?
  private var system: JSONExtent?
  /// The answer that the conversation goes on from, whose text the engine knows and the body does not hold.
  private var previous: JSONExtent?
  private var turns: JSONExtent?

  /// Reads a whole body. Cost: one pass, no allocation.
  ///
  /// - Returns: nil for a body that is no JSON object, which is the engine's to tell.
  public init?(_ body: UnsafeRawBufferPointer, as form: Form) {
    bodyLength = body.count
    do throws(JSONError) {
      var cursor = JSONCursor(body)
      guard try cursor.kind() == .object else { return nil }
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        take(member.key, try cursor.skipValue(), of: form, in: body)
      }
      try cursor.finish()
    } catch {
      return nil
    }
    size.structuredBytes = tools?.range.count ?? 0
    size.textBytes = (system?.range.count ?? 0) + (turns?.range.count ?? 0)
  }

  private mutating func take(_ key: JSONExtent, _ value: JSONExtent, of form: Form, in body: UnsafeRawBufferPointer) {
    func isNamed(_ name: StaticString) -> Bool { JSONString.equals(key, name, in: body) }
    let isMessages = form == .messages
    if isNamed("tools") {
      tools = value
    } else if isNamed(isMessages ? "system" : "instructions") {
      system = value
    } else if isNamed(isMessages ? "messages" : "input") {
      turns = value
    } else if isNamed("stream") {
      isStreaming = value.kind == .true
    } else if isNamed(isMessages ? "max_tokens" : "max_output_tokens") {
      size.outputReserve = max(0, JSONNumber.integer(value, in: body) ?? 0)
    } else if !isMessages, isNamed("previous_response_id") {
      previous = value
    }
  }

  /// Tells the prompt's pieces: tools, the system prompt, then the messages. A text is the same as a string and as the one
  /// part of an array; `cache_control`, which clients move from message to message as a conversation grows, is left out.
  ///
  /// - Parameter body: the bytes that it was made from; others are a programming error and may trap.
  public func forEachPiece(in body: UnsafeRawBufferPointer, _ tell: (Piece) -> Void) {
    precondition(body.count == bodyLength, "the body is not the one that the prompt was found in")
    checked { () throws(JSONError) in
      if let tools, tools.kind != .null {
        tell(.tools)
        try Self.content(tools, in: body, tell)
      }
      if let system, system.kind != .null {
        tell(.system)
        try Self.content(system, in: body, tell)
      }
      if let previous, previous.kind == .string {
        tell(.message(.other))
        tell(.bytes(previous.contents))
      }
      guard let turns else { return }
      guard turns.kind == .array else {
        tell(.message(.user))
        return try Self.content(turns, in: body, tell)
      }
      var cursor = JSONCursor(body, at: turns.range.lowerBound)
      try cursor.enterArray()
      while try cursor.nextElement() != nil { try Self.turn(try cursor.skipValue(), in: body, tell) }
    }
  }

  /// A message, or another item of a conversation: a call of a tool, its result, a reasoning.
  private static func turn(
    _ turn: JSONExtent, in body: UnsafeRawBufferPointer, _ tell: (Piece) -> Void
  ) throws(JSONError) {
    var role = MessageRole.other
    var content: JSONExtent?
    if turn.kind == .object {
      var cursor = JSONCursor(body, at: turn.range.lowerBound)
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        if JSONString.equals(member.key, "role", in: body) {
          let value = try cursor.skipValue()
          role = value.kind == .string ? MessageRole.named(value, in: body) : .other
        } else if JSONString.equals(member.key, "content", in: body) {
          content = try cursor.skipValue()
        }
      }
    }
    tell(.message(role))
    if let content { try Self.content(content, in: body, tell) } else { try part(turn, in: body, tell) }
  }

  /// A string, or an array of parts.
  private static func content(
    _ content: JSONExtent, in body: UnsafeRawBufferPointer, _ tell: (Piece) -> Void
  ) throws(JSONError) {
    guard content.kind == .array else { return try part(content, in: body, tell) }
    var cursor = JSONCursor(body, at: content.range.lowerBound)
    var isFirst = true
    try cursor.enterArray()
    while try cursor.nextElement() != nil {
      if !isFirst { tell(.part) }
      isFirst = false
      try part(try cursor.skipValue(), in: body, tell)
    }
  }

  /// The longest member of an image's part but for its type and the cache's mark: the image, or where it is.
  private static func source(of part: JSONExtent, in body: UnsafeRawBufferPointer) throws(JSONError) -> Range<Int> {
    var longest = part.range.lowerBound..<part.range.lowerBound
    var cursor = JSONCursor(body, at: part.range.lowerBound)
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      let value = try cursor.skipValue()
      if ["type", "cache_control"].contains(where: { JSONString.equals(member.key, $0, in: body) }) { continue }
      if value.range.count > longest.count { longest = value.range }
    }
    return longest
  }

  /// A text's own bytes; of other objects all members but `cache_control`; of anything else all bytes.
  private static func part(
    _ part: JSONExtent, in body: UnsafeRawBufferPointer, _ tell: (Piece) -> Void
  ) throws(JSONError) {
    guard part.kind == .object else { return tell(.bytes(part.kind == .string ? part.contents : part.range)) }
    var cursor = JSONCursor(body, at: part.range.lowerBound)
    let kind = try ContentParts.part(&cursor, in: body)
    if case .text(let text) = kind { return tell(.bytes(text.contents)) }
    if case .image = kind { return tell(.image(try Self.source(of: part, in: body))) }
    cursor = JSONCursor(body, at: part.range.lowerBound)
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      let value = try cursor.skipValue()
      guard !JSONString.equals(member.key, "cache_control", in: body) else { continue }
      tell(.bytes(member.key.range.lowerBound..<value.range.upperBound))
    }
  }
}
