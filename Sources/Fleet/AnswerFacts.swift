/// What an answer told of its request, for learning. nil is unknown.
public struct AnswerFacts: Sendable, Equatable {
  /// `usage.prompt_tokens`.
  public var promptTokens: Int?
  /// `usage.prompt_tokens_details.cached_tokens`.
  public var cachedTokens: Int?
  /// `usage.completion_tokens`.
  public var generatedTokens: Int?

  public init(promptTokens: Int? = nil, cachedTokens: Int? = nil, generatedTokens: Int? = nil) {
    self.promptTokens = promptTokens
    self.cachedTokens = cachedTokens
    self.generatedTokens = generatedTokens
  }
}
