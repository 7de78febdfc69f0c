/// The strategies by the names that the header `routing-strategy` and the configuration use.
public enum StrategyKind: String, Sendable, CaseIterable {
  case random
  case leastRequest = "least-request"
  case throughput
  case leastBusyTime = "least-busy-time"
  case leastLatency = "least-latency"
  case leastKVCache = "least-kv-cache"
  case leastGPUCache = "least-gpu-cache"
  case leastUtilization = "least-utilization"
  case powerOfTwo = "power-of-two"
  case sessionAffinity = "session-affinity"
  case prefixCache = "prefix-cache"
  case prefixCachePreble = "prefix-cache-preble"
  case vtcBasic = "vtc-basic"
  case slo
  case sloPackLoad = "slo-pack-load"
  case sloLeastLoad = "slo-least-load"
  case sloLeastLoadPulling = "slo-least-load-pulling"
  case pd
  case leastTTFT = "least-ttft"
  case sticky
  case loraAffinity = "lora-affinity"

  /// The one that decides when nothing else is asked for.
  public static let standard = StrategyKind.leastTTFT

  /// Its row in the table of strategies.
  public var documentation: StrategyDocumentation { StrategyTable[self] }
}

/// What people are told of a strategy.
public struct StrategyDocumentation: Sendable {
  /// What it does, in one sentence.
  public let summary: String
  /// What it goes by.
  public let inputs: String
  /// What decides when that is missing; nil when nothing can be.
  public let substitute: StrategyKind?
  /// Whether it may be part of a weighted combination: it gives each replica a cost.
  public let isCombinable: Bool

  init(_ summary: String, inputs: String, substitute: StrategyKind?, isCombinable: Bool = true) {
    self.summary = summary
    self.inputs = inputs
    self.substitute = substitute
    self.isCombinable = isCombinable
  }
}

/// The table of all strategies.
public enum StrategyTable {
  public static subscript(_ kind: StrategyKind) -> StrategyDocumentation {
    switch kind {
    case .random: RandomStrategy.documentation
    case .leastRequest: LeastRequestStrategy.documentation
    case .throughput: ThroughputStrategy.documentation
    case .leastBusyTime: LeastBusyTimeStrategy.documentation
    case .leastLatency: LeastLatencyStrategy.documentation
    case .leastKVCache: LeastKVCacheStrategy.documentation
    case .leastGPUCache: LeastGPUCacheStrategy.documentation
    case .leastUtilization: LeastUtilizationStrategy.documentation
    case .powerOfTwo: PowerOfTwoStrategy.documentation
    case .sessionAffinity: SessionAffinityStrategy.documentation
    case .prefixCache: PrefixCacheStrategy.documentation
    case .prefixCachePreble: PrefixCachePrebleStrategy.documentation
    case .vtcBasic: VTCBasicStrategy.documentation
    case .slo: SLOStrategy.documentation
    case .sloPackLoad: SLOPackLoadStrategy.documentation
    case .sloLeastLoad: SLOLeastLoadStrategy.documentation
    case .sloLeastLoadPulling: SLOLeastLoadPullingStrategy.documentation
    case .pd: PrefillDecodeStrategy.documentation
    case .leastTTFT: LeastTTFTStrategy.documentation
    case .sticky: StickyStrategy.documentation
    case .loraAffinity: LoRAAffinityStrategy.documentation
    }
  }
}
