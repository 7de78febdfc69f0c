/// The API that a generation request came through; it decides the answer's shape.
enum GenerationAPI: Sendable, Equatable {
  case chat
  case completion
  case responses
  case messages
  /// `/inference/v1/generate`: token numbers in, token numbers out.
  case generate

  /// What the identifier of an answer begins with.
  func idPrefix(_ level: CompatibilityLevel) -> String {
    switch self {
    case .chat: "chatcmpl-"
    case .completion: level == .v050 ? "chatcmpl-" : "cmpl-"
    case .responses: "resp_"
    case .messages: "msg_"
    case .generate: "generate-tokens-"
    }
  }

  var toolCallPrefix: String {
    switch self {
    case .chat, .completion, .generate: "chatcmpl-tool-"
    case .responses: "call_"
    case .messages: "toolu_"
    }
  }
}
