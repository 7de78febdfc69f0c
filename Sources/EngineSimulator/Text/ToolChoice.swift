/// Whether and which tool the model must call.
enum ToolChoice: Equatable {
  case none
  case automatic
  case required
  case function(String)

  /// Reads OpenAI's `"none"`, `"auto"`, `"required"` and `{"type":"function",…}` and Anthropic's
  /// `{"type":"auto"|"any"|"none"|"tool","name":…}`.
  init(_ value: JSONValue?) throws(EngineError) {
    switch value {
    case nil, .null?: self = .automatic
    case .string(let word)?:
      switch word {
      case "none": self = .none
      case "auto": self = .automatic
      case "required", "any": self = .required
      default:
        throw .badRequest(
          "tool_choice \"\(word)\" must be none, auto, required or a function", parameter: "tool_choice")
      }
    case .some(let object):
      let name = object["function"]?["name"]?.string ?? object["name"]?.string
      switch (object["type"]?.string, name) {
      case ("function"?, let name?), ("tool"?, let name?): self = .function(name)
      case ("any"?, _): self = .required
      case ("none"?, _): self = .none
      case ("auto"?, _): self = .automatic
      default: throw .badRequest("tool_choice must be none, auto, required or a function", parameter: "tool_choice")
      }
    }
  }
}
