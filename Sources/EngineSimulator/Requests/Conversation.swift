/// The messages of a request as text: what is tokenised and what echo mode answers.
struct Conversation {
  /// For each message `### `, role, `: `, content and a newline.
  let prompt: String
  /// The last user message, or the last message when there is none.
  let echo: String

  /// Numbers of the prompt's tokens.
  var tokens: [UInt32] { DummyTokenizer.identifiers(Array(prompt.utf8)) }

  /// Reads `messages` (chat, Anthropic with `system`) or `input` and `instructions` (Responses).
  init(_ body: JSONValue, api: GenerationAPI) throws(EngineError) {
    var messages: [(role: String, content: String)] = []
    switch api {
    case .responses:
      if let instructions = body.present("instructions")?.string { messages.append(("system", instructions)) }
      switch body["input"] {
      case .string(let text)?: messages.append(("user", text))
      case .array(let items)?:
        for item in items {
          let content = item.present("content") ?? item.present("output") ?? item.present("arguments")
          messages.append((item.present("role")?.string ?? "user", Conversation.text(content)))
        }
      default: throw .badRequest("input must be a string or an array of items", parameter: "input")
      }
    default:
      if api == .messages, let system = body.present("system") {
        messages.append(("system", Conversation.text(system)))
      }
      guard let elements = body.present("messages")?.elements, !elements.isEmpty else {
        throw .badRequest("messages must be a non-empty array", parameter: "messages")
      }
      for element in elements {
        guard element.members != nil else { throw .badRequest("a message must be an object", parameter: "messages") }
        messages.append((element["role"]?.string ?? "user", Conversation.text(element["content"])))
      }
    }
    prompt = messages.map { "### \($0.role): \($0.content)\n" }.joined()
    echo = (messages.last { $0.role == "user" } ?? messages.last)?.content ?? ""
  }

  /// The text of a message's content: a string, or the texts of its parts.
  private static func text(_ content: JSONValue?) -> String {
    switch content {
    case .string(let text)?: text
    case .array(let parts)?:
      parts.map { part in
        part.string ?? part["text"]?.string ?? part.present("content").map { text($0) } ?? ""
      }.joined(separator: " ")
    default: ""
    }
  }
}
