/// The part of the `global` block that this build acts on.
public struct GlobalSettings: Sendable, Equatable {
  /// The exact names that ask for routing: `auto_model_names`, else `vllm-sr/auto`, `auto` and `auto_model_name`.
  public var autoModelNames: [String]
  /// Strategy of recipes that set none.
  public var strategy: RoutingStrategy
  /// Whether `x-vsr-skip-processing: true` is honoured.
  public var skipProcessing: Bool
  /// `model_catalog.modules.classifier.domain.threshold`: a domain counts from this probability on.
  public var domainThreshold: Double
  /// `model_catalog.modules.classifier.domain.fallback_category`, else `other`: the domain of prompts of which no
  /// domain is sure.
  public var fallbackCategory: String
  /// `model_catalog.modules.prompt_guard`.
  public var promptGuard: PromptGuardSettings
  /// `model_catalog.modules.classifier.pii`.
  public var personalData: PersonalDataSettings
  /// `model_catalog.embeddings.semantic`.
  public var embeddings: EmbeddingSettings
  /// `services.management_api`: address and port of the management API.
  public var managementAddress: String
  public var managementPort: Int
  /// What the gateway takes on at most.
  public var gateway: GatewayLimits

  public init(
    autoModelNames: [String] = ["vllm-sr/auto", "auto", "MoM"], strategy: RoutingStrategy = .priority,
    skipProcessing: Bool = false, domainThreshold: Double = 0.5,
    fallbackCategory: String = "other", promptGuard: PromptGuardSettings = PromptGuardSettings(),
    personalData: PersonalDataSettings = PersonalDataSettings(), embeddings: EmbeddingSettings = EmbeddingSettings(),
    managementAddress: String = "127.0.0.1", managementPort: Int = 8081,
    gateway: GatewayLimits = GatewayLimits()
  ) {
    self.autoModelNames = autoModelNames
    self.strategy = strategy
    self.skipProcessing = skipProcessing
    self.domainThreshold = domainThreshold
    self.fallbackCategory = fallbackCategory
    self.promptGuard = promptGuard
    self.personalData = personalData
    self.embeddings = embeddings
    self.managementAddress = managementAddress
    self.managementPort = managementPort
    self.gateway = gateway
  }
}
