/// The `providers` block: physical models and where they run.
public struct Providers: Sendable, Equatable {
  /// Chosen when no decision matches; nil when the document names none.
  public var defaultModel: String?
  /// `low`, `medium`, `high` or a model's own word; nil means `medium`.
  public var defaultReasoningEffort: String?
  public var reasoningFamilies: [String: ReasoningFamily]
  public var models: [ProviderModel]

  public init(
    defaultModel: String? = nil, defaultReasoningEffort: String? = nil,
    reasoningFamilies: [String: ReasoningFamily] = [:], models: [ProviderModel] = []
  ) {
    self.defaultModel = defaultModel
    self.defaultReasoningEffort = defaultReasoningEffort
    self.reasoningFamilies = reasoningFamilies
    self.models = models
  }
}

/// How a family of models is told to reason.
public struct ReasoningFamily: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case chatTemplateKwargs = "chat_template_kwargs"
    case reasoningEffort = "reasoning_effort"
    case topLevelReasoningEffort = "top_level_reasoning_effort"
  }
  public var kind: Kind
  /// The key that is set, such as `enable_thinking`.
  public var parameter: String

  public init(kind: Kind, parameter: String) {
    self.kind = kind
    self.parameter = parameter
  }
}

/// One `providers.models[]` entry.
public struct ProviderModel: Sendable, Equatable {
  public var name: String
  /// A key of ``Providers/reasoningFamilies``; nil when the model has none.
  public var reasoningFamily: String?
  /// The name the engine knows the model by; nil means ``name``.
  public var providerModelID: String?
  /// Names by backend type; they win over ``providerModelID``.
  public var externalModelIDs: [String: String]
  public var backends: [BackendReference]
  public var pricing: ModelPricing?
  /// Timeouts, retries, ejection, limits and health checks, with the defaults of all models filled in.
  public var reliability: ReliabilitySettings
  /// How its replicas are picked, with the defaults of all models filled in.
  public var balancing: BalancingSettings
  /// Where its engines find its adapters, by name: a path on their machines, or `huggingface://ORGANISATION/NAME`.
  public var adapterSources: [String: String] = [:]
  /// The router has engines load those when they are asked for and none has them.
  public var loadsAdapters = false

  public init(
    name: String, reasoningFamily: String? = nil, providerModelID: String? = nil,
    externalModelIDs: [String: String] = [:], backends: [BackendReference] = [], pricing: ModelPricing? = nil,
    reliability: ReliabilitySettings = .defaults, balancing: BalancingSettings = BalancingSettings()
  ) {
    self.name = name
    self.reasoningFamily = reasoningFamily
    self.providerModelID = providerModelID
    self.externalModelIDs = externalModelIDs
    self.backends = backends
    self.pricing = pricing
    self.reliability = reliability
    self.balancing = balancing
  }
}

/// One `backend_refs[]` entry, its address already taken apart.
public struct BackendReference: Sendable, Equatable {
  /// Runtime name: `<model>_<ref name>`, `<model>_primary` for a single unnamed one, else `<model>_backend-N`.
  public var name: String
  public var host: String
  public var port: Int
  public var usesTLS: Bool
  /// What precedes the client's path, such as `/openai`; empty for most. A `/v1` at the end of an endpoint's or a base
  /// URL's path is not part of it, for clients' paths begin with one.
  public var pathPrefix: String
  /// The whole path of chat completions, query included, when the document fixes one: `chat_path`, or the provider's
  /// usual path behind the `base_url`'s. nil keeps the client's path, behind ``pathPrefix``.
  public var chatPath: String?
  /// Share of the traffic relative to its siblings; 0 takes none.
  public var weight: Int
  /// Backend type: `type`, else `provider`, else `vllm`.
  public var type: String
  public var authHeader: String
  public var authPrefix: String
  public var extraHeaders: [String: String]
  /// The credential, from `api_key` or the environment variable named by `api_key_env`. Never printed.
  public var credential: Credential?
  /// The environment variable that ``credential`` comes from, when it comes from one; set even while the variable is
  /// not. Written documents name it in place of the secret.
  public var credentialEnvironmentName: String?
  /// Where its metrics are; nil is ``port``.
  public var metricsPort: Int?
  /// Where its KV events are; nil means that they are not listened to.
  public var cacheEvents: CacheEventEndpoints?
  /// What clients may choose replicas by, with the header `external-filter`.
  public var labels: [String: String] = [:]
  /// Whether it prefills or decodes, where document or endpoints file say so; nil for the whole request.
  public var endpoint: EndpointDetails?

  /// The label by which AIBrix's pods tell where an SGLang engine waits for those that decode.
  public static let bootstrapPortLabel = "model.aibrix.ai/sglang-bootstrap-port"

  /// What that label says; nil where it is missing or says no port.
  public var bootstrapPort: Int? {
    labels[Self.bootstrapPortLabel].flatMap { Int($0) }.flatMap { (1...65_535).contains($0) ? $0 : nil }
  }

  public init(
    name: String, host: String, port: Int, usesTLS: Bool = false, pathPrefix: String = "", chatPath: String? = nil,
    weight: Int = 1, type: String = "vllm", authHeader: String = "Authorization", authPrefix: String = "Bearer",
    extraHeaders: [String: String] = [:], credential: Credential? = nil, credentialEnvironmentName: String? = nil
  ) {
    self.name = name
    self.host = host
    self.port = port
    self.usesTLS = usesTLS
    self.pathPrefix = pathPrefix
    self.chatPath = chatPath
    self.weight = weight
    self.type = type
    self.authHeader = authHeader
    self.authPrefix = authPrefix
    self.extraHeaders = extraHeaders
    self.credential = credential
    self.credentialEnvironmentName = credentialEnvironmentName
  }
}

/// A secret that prints as dots wherever it ends up.
public struct Credential: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  private let secret: String
  public init(_ secret: String) { self.secret = secret }
  /// The secret itself: for the header that carries it, for nothing else.
  public func reveal() -> String { secret }
  public var description: String { "••••" }
  public var debugDescription: String { "••••" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Prices per million tokens.
public struct ModelPricing: Sendable, Equatable {
  public var currency: String
  public var promptPerMillion: Double
  public var completionPerMillion: Double

  public init(currency: String = "USD", promptPerMillion: Double = 0, completionPerMillion: Double = 0) {
    self.currency = currency
    self.promptPerMillion = promptPerMillion
    self.completionPerMillion = completionPerMillion
  }
}
