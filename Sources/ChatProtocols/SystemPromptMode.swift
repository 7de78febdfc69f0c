/// How a system prompt joins the one that a request brings along.
public enum SystemPromptMode: Sendable, Equatable {
  /// It takes the place of the request's.
  case replace
  /// It goes before the request's, with an empty line between them.
  case insert
}
