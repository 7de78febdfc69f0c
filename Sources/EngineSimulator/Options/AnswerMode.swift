/// How answers are made.
public enum AnswerMode: String, Sendable, CaseIterable {
  /// Random sentences of a length drawn from the histogram of ``OutputLength``.
  case random
  /// The request's own text comes back.
  case echo
}
