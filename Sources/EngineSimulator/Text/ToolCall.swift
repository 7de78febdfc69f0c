/// A call that an answer makes.
struct ToolCall: Equatable {
  let id: String
  let name: String
  /// JSON object.
  let arguments: String
  /// The arguments' tokens.
  let tokens: [String]
}
