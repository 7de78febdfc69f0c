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

  /// The endpoint whose path these bytes are, exactly; nil for every other path. Never allocates.
  public init?(path bytes: UnsafeRawBufferPointer) {
    for endpoint in Self.allCases where Self.equal(bytes, endpoint.path) {
      self = endpoint
      return
    }
    return nil
  }

  private static func equal(_ bytes: UnsafeRawBufferPointer, _ path: String) -> Bool {
    var path = path
    return path.withUTF8 { path in
      guard bytes.count == path.count else { return false }
      for place in 0..<path.count where bytes[place] != path[place] { return false }
      return true
    }
  }
}
