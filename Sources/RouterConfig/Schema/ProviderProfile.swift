/// What is usual at a provider of models: the header of the credential and the path of chat completions.
struct ProviderProfile: Sendable {
  var name: String
  var authHeader: String
  var authPrefix: String
  /// Behind the path of the base URL.
  var chatSuffix: String

  static let all: [ProviderProfile] = [
    .init(name: "openai", authHeader: "Authorization", authPrefix: "Bearer", chatSuffix: "/chat/completions"),
    .init(name: "anthropic", authHeader: "x-api-key", authPrefix: "", chatSuffix: "/v1/messages"),
    .init(name: "azure-openai", authHeader: "api-key", authPrefix: "", chatSuffix: "/chat/completions"),
    .init(name: "bedrock", authHeader: "Authorization", authPrefix: "Bearer", chatSuffix: "/chat/completions"),
    .init(name: "gemini", authHeader: "Authorization", authPrefix: "Bearer", chatSuffix: "/chat/completions"),
    .init(name: "vertex-ai", authHeader: "Authorization", authPrefix: "Bearer", chatSuffix: "/chat/completions"),
    .init(name: "minimax", authHeader: "Authorization", authPrefix: "Bearer", chatSuffix: "/v1/chat/completions"),
    .init(name: "vllm", authHeader: "Authorization", authPrefix: "Bearer", chatSuffix: "/chat/completions"),
  ]

  static let names = all.map(\.name)

  static func named(_ name: String) -> ProviderProfile? { all.first { $0.name == name.lowercased() } }
}
