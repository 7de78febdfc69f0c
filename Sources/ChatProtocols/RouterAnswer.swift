import JSONText

/// An answer that the router gives in a model's place, in the shape that the endpoint's clients expect: whole, or as an
/// event stream.
public struct RouterAnswer: Sendable, Equatable {
  /// The name that stands for the model.
  public static let model = "router"

  public var status: Int
  public var isEventStream: Bool
  public var body: [UInt8]

  /// - Parameters:
  ///   - message: what the answer says.
  ///   - facts: of the request: its endpoint, and whether it wants a stream with a count of tokens at its end.
  ///   - created: seconds since 1970.
  public init(saying message: String, to facts: RequestFacts, created: Int) {
    switch facts.endpoint {
    case .chatCompletions, .completions:
      let shape = CompletionShape(isChat: facts.endpoint == .chatCompletions, created: created)
      status = 200
      isEventStream = facts.isStreaming
      body =
        isEventStream
        ? shape.events(message, withUsage: facts.wantsStreamUsage)
        : shape.whole(message)
    case .embeddings:
      // A text is no vector.
      let error = APIError(
        status: 403, message: message, type: "invalid_request_error", code: "request_blocked")
      status = error.status
      isEventStream = false
      body = error.body
    }
  }
}

/// The objects of the chat and of the completions API.
private struct CompletionShape {
  let isChat: Bool
  let created: Int

  private func object(isChunk: Bool, _ choices: JSONFragment, usage: JSONFragment?) -> [UInt8] {
    let kind = isChat ? (isChunk ? "chat.completion.chunk" : "chat.completion") : "text_completion"
    var members: [(key: String, value: JSONFragment)] = [
      ("id", .string((isChat ? "chatcmpl" : "cmpl") + "-fast-\(created)")), ("object", .string(kind)),
      ("created", .integer(created)), ("model", .string(RouterAnswer.model)), ("choices", choices),
    ]
    if let usage { members.append(("usage", usage)) }
    return JSONFragment.object(of: members).bytes
  }

  private static let noUsage = JSONFragment.object([
    "prompt_tokens": .integer(0), "completion_tokens": .integer(0), "total_tokens": .integer(0),
  ])

  func whole(_ message: String) -> [UInt8] {
    let choice: JSONFragment =
      isChat
      ? .object([
        "index": .integer(0),
        "message": .object(["role": .string("assistant"), "content": .string(message)]),
        "logprobs": .null, "finish_reason": .string("stop"),
      ])
      : .object([
        "index": .integer(0), "text": .string(message), "logprobs": .null, "finish_reason": .string("stop"),
      ])
    return object(isChunk: false, .array([choice]), usage: Self.noUsage)
  }

  /// One event a word, one that ends it, the count of tokens where it is wanted, and `[DONE]`.
  func events(_ message: String, withUsage: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ data: [UInt8]) {
      bytes.append(contentsOf: "data: ".utf8)
      bytes.append(contentsOf: data)
      bytes.append(contentsOf: "\n\n".utf8)
    }
    func append(choice: JSONFragment) {
      append(object(isChunk: true, .array([choice]), usage: withUsage ? .null : nil))
    }
    for (index, piece) in Self.words(of: message).enumerated() {
      append(choice: chunk(piece, isFirst: index == 0, isLast: false))
    }
    append(choice: chunk("", isFirst: false, isLast: true))
    if withUsage { append(object(isChunk: true, .array([]), usage: Self.noUsage)) }
    append(Array("[DONE]".utf8))
    return bytes
  }

  private func chunk(_ piece: String, isFirst: Bool, isLast: Bool) -> JSONFragment {
    let reason: JSONFragment = isLast ? .string("stop") : .null
    guard isChat else {
      return .object(["index": .integer(0), "text": .string(piece), "logprobs": .null, "finish_reason": reason])
    }
    let delta: JSONFragment =
      isLast
      ? .emptyObject
      : isFirst
        ? .object(["role": .string("assistant"), "content": .string(piece)])
        : .object(["content": .string(piece)])
    return .object(["index": .integer(0), "delta": delta, "logprobs": .null, "finish_reason": reason])
  }

  /// The pieces of a text, each a word with the white space before it; together they are the text.
  private static func words(of text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var hasWord = false
    for character in text {
      if character.isWhitespace, hasWord {
        pieces.append(piece)
        piece = ""
        hasWord = false
      }
      if !character.isWhitespace { hasWord = true }
      piece.append(character)
    }
    if !piece.isEmpty { pieces.append(piece) }
    return pieces
  }
}
