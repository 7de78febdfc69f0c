/// The OpenAI endpoints whose requests are routed by model.
public enum ModelEndpoint: Sendable, Equatable, CaseIterable {
  case chatCompletions
  case completions
  case embeddings

  /// The endpoint's path, the same at a client's side and at an engine's.
  public var path: String {
    switch self {
    case .chatCompletions: "/v1/chat/completions"
    case .completions: "/v1/completions"
    case .embeddings: "/v1/embeddings"
    }
  }
}
