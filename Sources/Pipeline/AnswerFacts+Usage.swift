import ChatProtocols
import Fleet

extension AnswerFacts {
  /// What an answer's usage tells; nothing where it told none.
  public init(_ usage: TokenUsage?) {
    self.init(
      promptTokens: usage?.promptTokens, cachedTokens: usage?.cachedTokens, generatedTokens: usage?.completionTokens)
  }
}
