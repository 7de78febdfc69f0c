import ChatProtocols
import EngineClient
import Fleet
import Pipeline
import Reliability
import Telemetry

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What all loops of a gateway share.
public struct GatewayContext: Sendable {
  public let settings: GatewaySettings
  /// What runs and is held at the moment, against its limits.
  public let load: GatewayLoad
  /// Clients' connections, those of all loops together.
  let connections = ConnectionCount()
  /// How many requests and tokens users and models have.
  public let limits: TrafficLimits
  public let pipeline: RoutePipeline
  public let metrics: GatewayMetrics
  public let accessLog: AccessLog?
  /// The log tells what prompts share (``PromptMark``).
  package let logsPrefixes: Bool
  /// Unix time at which the process began to serve: the `created` of its models, the same for every call.
  public let startedAt: Int
  /// Seconds since 1970: the `created` of answers that the router gives itself.
  public let wallClock: @Sendable () -> Int
  /// For TensorRT-LLM's pairs. Its machine is drawn, so that gateways in front of the same engines have others.
  private let disaggregatedIDs = DisaggregatedIDs(machine: .random(in: 0..<1_024))
  /// Finds prompts' tokens for choices that go by what engines tell of their caches; nil where none do.
  package let tokenizer: PromptTokenizer?
  /// For replicas that are asked over https.
  public let tls: EngineTLS
  /// Has engines load adapters; nil where nobody does, and then requests go on without.
  public let adapterLoader: AdapterLoader?
  /// Called from any thread when requests change what is thought of a replica.
  public let onHealthChange: @Sendable (Replica) -> Void

  public init(
    settings: GatewaySettings = GatewaySettings(), load: GatewayLoad = GatewayLoad(),
    limits: TrafficLimits = TrafficLimits(), pipeline: RoutePipeline, metrics: GatewayMetrics,
    accessLog: AccessLog?, logsPrefixes: Bool = false, startedAt: Int,
    wallClock: @escaping @Sendable () -> Int = GatewayContext.now,
    tls: EngineTLS, adapterLoader: AdapterLoader? = nil, tokenizer: PromptTokenizer? = nil,
    onHealthChange: @escaping @Sendable (Replica) -> Void = { _ in }
  ) {
    self.settings = settings
    self.load = load
    self.limits = limits
    self.pipeline = pipeline
    self.metrics = metrics
    self.accessLog = accessLog
    self.logsPrefixes = logsPrefixes && accessLog != nil
    self.startedAt = startedAt
    self.wallClock = wallClock
    self.tls = tls
    self.adapterLoader = adapterLoader
    self.tokenizer = tokenizer
    self.onHealthChange = onHealthChange
  }

  /// The system's clock.
  @Sendable public static func now() -> Int { Int(time(nil)) }

  /// The next identifier of a request that TensorRT-LLM's engines serve in pairs.
  package func nextDisaggregatedID() -> UInt64 { disaggregatedIDs.next(now: UInt64(max(0, wallClock())) * 1_000) }
}
