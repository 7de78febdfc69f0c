import JSONText

/// The one pass over a request body that ``RequestFacts`` are made from.
struct RequestScan {
  private let body: UnsafeRawBufferPointer
  private let endpoint: ModelEndpoint

  private(set) var range = 0..<0
  private(set) var members: [TopLevelMember] = []
  private(set) var model: JSONExtent?
  private(set) var isStreaming = false
  private(set) var wantsStreamUsage = false
  private(set) var messages: MessageScan?
  private(set) var metadataFault: RequestBodyError?
  /// `stream` is neither a Boolean nor null.
  private(set) var isStreamStrange = false

  private var isObject = false
  private var hasTooManyMembers = false
  private var messagesKind: JSONKind?
  private var promptBytes = 0
  private var tools = Definitions()
  private var functions = Definitions()
  private var responseFormatBytes = 0
  private var maxTokens: Int?
  private var maxCompletionTokens: Int?

  init(body: UnsafeRawBufferPointer, endpoint: ModelEndpoint) {
    self.body = body
    self.endpoint = endpoint
  }

  /// What is wrong with the body as a whole or with its messages.
  var fault: RequestBodyError? {
    guard isObject else { return .notAnObject }
    if hasTooManyMembers { return .tooManyMembers(limit: RequestFacts.memberLimit) }
    guard endpoint == .chatCompletions else { return nil }
    guard let messagesKind else { return .missingMessages }
    guard messagesKind == .array else { return .messagesNotAnArray }
    return messages?.fault
  }

  var conversation: ConversationFacts {
    guard endpoint == .chatCompletions, var conversation = messages?.conversation else {
      return ConversationFacts()
    }
    conversation.toolDefinitions = tools.count + functions.count
    return conversation
  }

  var size: PromptSize {
    var size = PromptSize()
    size.outputReserve = maxCompletionTokens ?? maxTokens ?? 0
    size.structuredBytes = responseFormatBytes
    guard endpoint == .chatCompletions else {
      size.textBytes = promptBytes
      return size
    }
    let conversation = conversation
    size.textBytes = messages?.textBytes ?? 0
    size.structuredBytes += tools.bytes + functions.bytes + (messages?.structuredBytes ?? 0)
    size.images = conversation.images
    size.messages = conversation.messages
    size.toolCalls = conversation.assistantToolCalls
    size.toolDefinitions = conversation.toolDefinitions
    return size
  }

  mutating func run() throws(JSONError) {
    var cursor = JSONCursor(body)
    guard try cursor.kind() == .object else {
      try cursor.finish()
      return
    }
    isObject = true
    let start = cursor.position
    members.reserveCapacity(16)
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      guard members.count < RequestFacts.memberLimit else {
        hasTooManyMembers = true
        continue
      }
      let known = KnownMember.named(member.key, in: body)
      let value = try value(of: known, kind: member.kind, &cursor)
      members.append(TopLevelMember(key: member.key, value: value, known: known))
    }
    range = start..<cursor.position
    try cursor.finish()
  }

  /// Passes the value of a member, taking from it what is wanted.
  private mutating func value(
    of member: KnownMember?, kind: JSONKind, _ cursor: inout JSONCursor
  ) throws(JSONError) -> JSONExtent {
    switch member {
    case .messages where endpoint == .chatCompletions:
      messagesKind = kind == .null ? nil : kind
      messages = nil
      guard kind == .array else { break }
      let scan = try MessageScan.scan(&cursor, in: body, limit: RequestFacts.messageLimit)
      messages = scan
      return JSONExtent(kind: .array, range: scan.range)
    case .prompt where endpoint == .completions, .input where endpoint == .embeddings:
      let prompt = try PromptText.scan(&cursor, kind: kind) { _ in }
      promptBytes = prompt.textBytes
      return prompt.extent
    case .model:
      let value = try cursor.skipValue()
      model = kind == .null ? nil : value
      return value
    case .stream:
      isStreaming = kind == .true
      isStreamStrange = !(kind == .true || kind == .false || kind == .null)
    case .streamOptions:
      let start = cursor.position
      wantsStreamUsage = false
      guard kind == .object else { break }
      try cursor.enterObject()
      while let option = try cursor.nextMember() {
        if JSONString.equals(option.key, "include_usage", in: body) {
          wantsStreamUsage = option.kind == .true
        }
      }
      return JSONExtent(kind: .object, range: start..<cursor.position)
    case .metadata:
      return try metadata(kind, &cursor)
    case .tools:
      tools = try Definitions.scan(&cursor, kind: kind)
      return tools.extent
    case .functions:
      functions = try Definitions.scan(&cursor, kind: kind)
      return functions.extent
    case .responseFormat:
      let value = try cursor.skipValue()
      responseFormatBytes = kind == .null ? 0 : value.range.count
      return value
    case .maxTokens:
      let value = try cursor.skipValue()
      maxTokens = tokenCount(value)
      return value
    case .maxCompletionTokens:
      let value = try cursor.skipValue()
      maxCompletionTokens = tokenCount(value)
      return value
    default: break
    }
    return try cursor.skipValue()
  }

  private func tokenCount(_ value: JSONExtent) -> Int? {
    JSONNumber.integer(value, in: body).map { max(0, $0) }
  }

  private mutating func metadata(_ kind: JSONKind, _ cursor: inout JSONCursor) throws(JSONError)
    -> JSONExtent
  {
    metadataFault = nil
    guard kind == .object else {
      if kind != .null { metadataFault = .metadataNotAnObject }
      return try cursor.skipValue()
    }
    let limits = RequestFacts.metadataLimits
    let start = cursor.position
    var entries = 0
    try cursor.enterObject()
    while let entry = try cursor.nextMember() {
      entries += 1
      let value = try cursor.skipValue()
      guard metadataFault == nil else { continue }
      if entries > limits.entries {
        metadataFault = .tooManyMetadataEntries(limit: limits.entries)
      } else if entry.key.unescapedLength > limits.keyBytes {
        metadataFault = .metadataKeyTooLong(limit: limits.keyBytes)
      } else if value.kind != .string {
        metadataFault = .metadataValueNotAString(
          key: JSONString.text(entry.key, in: body))
      } else if value.unescapedLength > limits.valueBytes {
        let key = JSONString.text(entry.key, in: body)
        metadataFault = .metadataValueTooLong(key: key, limit: limits.valueBytes)
      }
    }
    return JSONExtent(kind: .object, range: start..<cursor.position)
  }
}

/// The `tools` or `functions` of a request: how many, how long.
private struct Definitions {
  var extent = JSONExtent(kind: .null, range: 0..<0)
  var count = 0
  /// Bytes of the array, as sent.
  var bytes: Int { count == 0 ? 0 : extent.range.count }

  static func scan(_ cursor: inout JSONCursor, kind: JSONKind) throws(JSONError) -> Definitions {
    var definitions = Definitions()
    guard kind == .array else {
      definitions.extent = try cursor.skipValue()
      return definitions
    }
    let start = cursor.position
    try cursor.enterArray()
    while try cursor.nextElement() != nil { definitions.count += 1 }
    definitions.extent = JSONExtent(kind: .array, range: start..<cursor.position)
    return definitions
  }
}
