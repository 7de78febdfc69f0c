/// What a classification head scores.
enum HeadKind: String, Sendable {
  /// The text.
  case sequence
  /// Each token.
  case token
}
