import JSONText

/// What a request body says, found in one pass over its bytes: ranges, counts and sizes. Texts are not decoded; see
/// ``promptFacts(body:)`` for those.
///
/// Where a name is repeated in an object, the last one counts, as with the engines; nothing is dropped from the body.
/// The value does not hold the body: whoever keeps the facts keeps the body too, unchanged.
public struct RequestFacts: Sendable, Equatable {
  /// The most messages of a chat request.
  public static let messageLimit = 100_000
  /// The most members of the body's object.
  public static let memberLimit = 1024
  /// The most bytes of a model name.
  public static let modelLimit = 1024
  /// The most entries of `metadata`, and bytes of their keys and string values.
  public static let metadataLimits = (entries: 32, keyBytes: 128, valueBytes: 1024)

  public let endpoint: ModelEndpoint
  /// Bytes of the body.
  public let bodyLength: Int
  /// The body's object, braces included.
  public let range: Range<Int>
  /// All members of the body, in order, repeated ones too.
  public let members: [TopLevelMember]
  /// The model that is asked for; not empty.
  public let model: String
  /// The value of `model`, quotes included.
  public let modelRange: Range<Int>
  /// `stream` is true.
  public let isStreaming: Bool
  /// `stream_options.include_usage` is true: the client wants the tokens counted at the end of its stream.
  public let wantsStreamUsage: Bool
  /// The messages of a chat request, in order; empty for other endpoints.
  public let messages: [MessageFacts]
  /// Counts of the envelope; zero for other endpoints than chat.
  public let conversation: ConversationFacts
  /// What a token estimate is made of. For completions and embeddings, `textBytes` is that of the prompt or input.
  public let size: PromptSize

  /// Checks that a chat request has a message, which an engine cannot do without.
  ///
  /// Apart from ``scan(body:endpoint:)``, so that a model that is not there is told first, as by AIBrix.
  public func checkMessages() throws(RequestBodyError) {
    if endpoint == .chatCompletions, messages.isEmpty { throw .noMessages }
  }

  /// The member with that name: the last one, if it is repeated. Linear in the members; no more than
  /// ``memberLimit`` of them.
  public func member(_ name: KnownMember) -> TopLevelMember? {
    members.last { $0.known == name }
  }
}

extension RequestFacts {
  /// Reads a body, checking all of it.
  ///
  /// - Throws: the first fault of the JSON, else the first of: not an object, too many members, messages, model,
  ///   metadata, stream.
  public static func scan(
    body: UnsafeRawBufferPointer, endpoint: ModelEndpoint
  ) throws(RequestBodyError) -> RequestFacts {
    var scan = RequestScan(body: body, endpoint: endpoint)
    do {
      try scan.run()
    } catch {
      throw .malformedJSON(error)
    }
    if let fault = scan.fault { throw fault }
    guard let model = scan.model else { throw .missingModel }
    guard model.kind == .string else { throw .modelNotAString }
    guard model.unescapedLength > 0 else { throw .emptyModel }
    guard model.unescapedLength <= modelLimit else { throw .modelTooLong(limit: modelLimit) }
    if let fault = scan.metadataFault { throw fault }
    // Engines differ in what they take for true; a stream must be known as one.
    if scan.isStreamStrange, endpoint != .embeddings { throw .streamNotABoolean }
    let messages = scan.messages
    return RequestFacts(
      endpoint: endpoint,
      bodyLength: body.count,
      range: scan.range,
      members: scan.members,
      model: JSONString.text(model, in: body),
      modelRange: model.range,
      isStreaming: scan.isStreaming,
      wantsStreamUsage: scan.wantsStreamUsage,
      messages: messages?.messages ?? [],
      conversation: scan.conversation,
      size: scan.size)
  }

  /// Reads a body, checking all of it.
  ///
  /// - Throws: as ``scan(body:endpoint:)`` with a pointer.
  public static func scan(body: [UInt8], endpoint: ModelEndpoint) throws(RequestBodyError)
    -> RequestFacts
  {
    try body.withUnsafeBufferPointer { (buffer) throws(RequestBodyError) in
      try scan(body: UnsafeRawBufferPointer(buffer), endpoint: endpoint)
    }
  }
}
