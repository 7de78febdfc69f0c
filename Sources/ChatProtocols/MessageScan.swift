import JSONText

/// One pass over a `messages` array: a descriptor a message, and the counts of the conversation.
struct MessageScan {
  /// Descriptors of the messages, in order.
  private(set) var messages: [MessageFacts] = []
  /// Counts of messages, tool calls and images; tool definitions are not among messages and stay 0.
  private(set) var conversation = ConversationFacts()
  /// Bytes of texts, unescaped, but for tool results.
  private(set) var textBytes = 0
  /// Bytes of tool-call arguments and tool results, as sent.
  private(set) var structuredBytes = 0
  /// The array, brackets included.
  private(set) var range = 0..<0
  /// Why the messages are not acceptable though they are JSON; the first fault.
  private(set) var fault: RequestBodyError?

  private let limit: Int
  /// Sum of the hashes of the identifiers of the last tool-calling message's calls, less those answered since.
  private var openCallHashes: UInt64 = 0
  /// Number of those calls, less the answers since.
  private var openCalls = 0

  private init(limit: Int) { self.limit = limit }

  /// Passes the array that the cursor stands before.
  ///
  /// - Parameter limit: the most messages; more are a fault, and the rest is only checked.
  static func scan(
    _ cursor: inout JSONCursor, in bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(JSONError) -> MessageScan {
    var scan = MessageScan(limit: limit)
    scan.messages.reserveCapacity(4)
    let start = cursor.position
    try cursor.enterArray()
    while let kind = try cursor.nextElement() {
      if scan.messages.count == limit {
        if scan.fault == nil { scan.fault = .tooManyMessages(limit: limit) }
        continue
      }
      guard kind == .object else {
        if scan.fault == nil { scan.fault = .messageNotAnObject(index: scan.messages.count) }
        let range = try cursor.skipValue().range
        scan.messages.append(MessageFacts(range: range))
        continue
      }
      try scan.message(&cursor, in: bytes)
    }
    scan.range = start..<cursor.position
    scan.conversation.messages = scan.messages.count
    if let last = scan.messages.last {
      scan.conversation.isInToolLoop =
        last.role == .tool || last.role == .function
        || last.role == .assistant && last.toolCalls > 0
    }
    return scan
  }

  private mutating func message(_ cursor: inout JSONCursor, in bytes: UnsafeRawBufferPointer)
    throws(JSONError)
  {
    let start = cursor.position
    var message = MessageFacts(range: start..<start)
    var calls = ToolCalls()
    var answeredCall: UInt64?
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      switch member.key.unescapedLength {
      case 4 where JSONString.equals(member.key, "role", in: bytes):
        let role = try cursor.skipValue()
        message.role = role.kind == .string ? .named(role, in: bytes) : .other
      case 7 where JSONString.equals(member.key, "content", in: bytes):
        let content = try ContentParts.scan(&cursor, kind: member.kind, in: bytes) { _ in }
        message.content = content.extent
        message.textBytes = content.textBytes
        message.images = content.images
      case 10 where JSONString.equals(member.key, "tool_calls", in: bytes):
        calls = try ToolCalls.scan(&cursor, kind: member.kind, in: bytes)
      case 12 where JSONString.equals(member.key, "tool_call_id", in: bytes):
        let identifier = try cursor.skipValue()
        answeredCall = identifier.kind == .string ? JSONString.hash(identifier, in: bytes) : nil
      default: break
      }
    }
    message.range = start..<cursor.position
    message.toolCalls = calls.count
    messages.append(message)
    count(message, calls, answeredCall)
  }

  private mutating func count(_ message: MessageFacts, _ calls: ToolCalls, _ answeredCall: UInt64?) {
    conversation.images += message.images
    structuredBytes += calls.argumentBytes
    switch message.role {
    case .system: conversation.systemMessages += 1
    case .developer: conversation.developerMessages += 1
    case .user: conversation.userMessages += 1
    case .assistant:
      conversation.assistantMessages += 1
      conversation.assistantToolCalls += calls.count
      if calls.count > 0 {
        openCalls = calls.count
        openCallHashes = calls.hashes
      }
    case .tool, .function:
      conversation.toolMessages += 1
      structuredBytes += message.content?.range.count ?? 0
      if openCalls > 0, let answeredCall {
        openCalls -= 1
        openCallHashes &-= answeredCall
        if openCalls == 0, openCallHashes == 0 { conversation.completedToolCycles += 1 }
      }
      return
    case .other: break
    }
    textBytes += message.textBytes
  }
}

/// The `tool_calls` of a message.
private struct ToolCalls {
  var count = 0
  /// Bytes of the arguments, as sent.
  var argumentBytes = 0
  /// Sum of the hashes of the identifiers: the same whatever the order.
  var hashes: UInt64 = 0

  static func scan(
    _ cursor: inout JSONCursor, kind: JSONKind, in bytes: UnsafeRawBufferPointer
  ) throws(JSONError) -> ToolCalls {
    var calls = ToolCalls()
    guard kind == .array else {
      try cursor.skipValue()
      return calls
    }
    try cursor.enterArray()
    while let element = try cursor.nextElement() {
      calls.count += 1
      guard element == .object else { continue }
      var identifier: UInt64 = 0
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        if JSONString.equals(member.key, "id", in: bytes) {
          let value = try cursor.skipValue()
          identifier = value.kind == .string ? JSONString.hash(value, in: bytes) : 0
        } else if member.kind == .object, JSONString.equals(member.key, "function", in: bytes) {
          calls.argumentBytes += try argumentBytes(&cursor, in: bytes)
        }
      }
      calls.hashes &+= identifier
    }
    return calls
  }

  private static func argumentBytes(
    _ cursor: inout JSONCursor, in bytes: UnsafeRawBufferPointer
  ) throws(JSONError) -> Int {
    var count = 0
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      if JSONString.equals(member.key, "arguments", in: bytes) {
        count = try cursor.skipValue().range.count
      }
    }
    return count
  }
}
