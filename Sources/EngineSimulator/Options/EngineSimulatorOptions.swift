/// What an engine simulator is started with: the typed form of its flags, environment and configuration file.
///
/// Build one from arguments with ``init(arguments:environment:readFile:)``, or take ``init(model:)`` and set fields, then
/// call ``validated()``. ``OptionDefinition/all`` says which flag sets which field.
public struct EngineSimulatorOptions: Sendable, Equatable {
  // Which engine
  public var compatibility = CompatibilityLevel.latest
  /// The model's own name; mandatory.
  public var model: String
  /// The names that requests may use; empty means the model's own. The first is shown in responses and metrics.
  public var servedModelNames: [String] = []
  /// The address to listen on; empty means all interfaces (IPv4).
  public var host = ""
  /// 0 lets the kernel choose.
  public var port = 8000
  public var seed: UInt64?

  // Adapters
  public var loraModules: [LoRAModule] = []
  /// How many adapters may be loaded at once (enforced by the latest generation only, as upstream).
  public var maxLoRAs = 1
  /// 0 stands for ``maxLoRAs``.
  public var maxCPULoRAs = 0

  // Size
  public var maxModelLength = 1024
  public var maxSequences = 5
  public var maxWaitingQueueLength = 1000
  /// MiB; nil means the generation's own: 64, or 4 for v0.5.0.
  public var maxRequestBodySizeMiB: Int?

  // Answers
  public var mode = AnswerMode.random
  public var maxToolCallInteger = 100
  public var minToolCallInteger = 0
  public var maxToolCallNumber = 100.0
  public var minToolCallNumber = 0.0
  public var maxToolCallArrayLength = 5
  public var minToolCallArrayLength = 1
  /// Percent.
  public var optionalParameterProbability = 50
  /// Percent.
  public var optionalFieldProbability = 50
  /// Percent.
  public var extraToolCallProbability = 45
  public var skipsToolValidation = false
  public var embeddingDimensions = 384

  // Time
  public var latency = LatencySettings()
  /// Milliseconds during which `/health/ready` answers 503.
  public var startupMilliseconds = 0.0

  // Cache
  public var cachesKV = false
  /// Blocks.
  public var kvCacheSize = 1024
  /// Tokens a block.
  public var blockSize = 16
  public var hashSeed = ""
  public var eventBatchSize = 16
  var events = CacheEventSettings()
  public var globalCacheHitThreshold = 0.0
  public var role = EngineRole.both
  /// Of an engine with a role.
  public var handOver = HandOverProtocol.vllm
  /// How long an engine that decodes waits for a cache that may come later.
  public var handOverWaitMilliseconds = 30_000.0

  // Failures and metrics
  /// Percent.
  public var failureInjectionRate = 0
  /// Empty means all.
  public var failureKinds: [FailureKind] = []
  public var fakeMetrics: FakeMetrics?
  public var fakeMetricsRefreshMilliseconds = 100.0

  // Operation
  public var tls = TLSSettings()
  public var dataParallelSize = 1
  public var dataParallelRank = -1
  public var sleepModeEnabled = false
  public var echoesRequestID = false
  public var logsHTTP = false

  // Environment
  /// `POD_NAME`: the value of `x-inference-pod`; empty means `<model>-<port>`.
  public var podName = ""
  /// `POD_NAMESPACE`: the value of `x-inference-namespace`; empty leaves the header out.
  public var podNamespace = ""
  /// `POD_IP`: the address that `/query` tells; empty means the one that is listened on.
  public var podIP = ""
  /// `VLLM_SERVER_DEV_MODE=1`; with ``sleepModeEnabled`` it opens `/sleep`.
  public var developmentMode = false

  /// Flags that were accepted although this build has not got their feature.
  var unsupported = UnsupportedSettings()
  /// One line for each thing that was accepted but will not do what its name says.
  public internal(set) var warnings: [String] = []

  /// The defaults for one model.
  public init(model: String) {
    self.model = model
  }

  /// The name shown in responses and metrics.
  public var displayName: String { servedModelNames.first ?? model }

  /// Every name of the base model.
  public var baseNames: [String] { servedModelNames.isEmpty ? [model] : servedModelNames }

  /// The largest request body accepted, in bytes.
  public var maxRequestBodyBytes: Int {
    (maxRequestBodySizeMiB ?? (compatibility == .v050 ? 4 : 64)) * 1024 * 1024
  }

  /// Whether `/sleep`, `/wake_up` and `/is_sleeping` exist.
  public var servesSleep: Bool { sleepModeEnabled && developmentMode }
}
