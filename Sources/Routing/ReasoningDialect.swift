import RouterConfig

/// How a model's backends want to be told to reason, beyond what its family says.
///
/// A family of type `reasoning_effort` goes into the chat template on engines, but is a top-level field for hosted APIs;
/// DeepSeek's own host has a field of its own.
enum ReasoningDialect: Sendable, Equatable {
  case chatTemplate
  case topLevelEffort
  case deepSeek

  init(model: ProviderModel) {
    guard let backend = model.backends.first else {
      self = .chatTemplate
      return
    }
    switch backend.host.lowercased() {
    case "api.deepseek.com": self = .deepSeek
    case "api.openai.com", "openrouter.ai": self = .topLevelEffort
    default: self = .chatTemplate
    }
  }
}
