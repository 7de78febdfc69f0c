import Fleet

extension RoutingStrategy {
  /// Whether it goes by what replicas hold of the prompt.
  public var needsMatches: Bool { parts.contains { $0.kind.needsMatches } }
}

extension StrategyKind {
  /// The candidate's cost: the lowest is chosen. nil when the figure that it needs is unknown.
  ///
  /// Strategies without a cost of their own (``StrategyKind/random``, ``StrategyKind/powerOfTwo``) cost 0.
  @inline(__always) func cost(
    _ candidate: Candidate, _ request: BalancingRequest, _ survey: Survey
  ) -> Double? {
    switch self {
    case .leastTTFT, .pd: LeastTTFTStrategy.cost(candidate, request)
    case .leastRequest:
      LeastRequestStrategy.cost(
        inFlight: candidate.state.inFlight, weight: candidate.weight, factor: candidate.factor)
    case .random, .powerOfTwo: 0
    case .throughput: ThroughputStrategy.cost(candidate)
    case .leastBusyTime: LeastBusyTimeStrategy.cost(candidate)
    case .leastLatency: LeastLatencyStrategy.cost(candidate, request)
    case .leastKVCache: LeastKVCacheStrategy.cost(candidate)
    case .leastGPUCache: LeastGPUCacheStrategy.cost(candidate)
    case .leastUtilization: LeastUtilizationStrategy.cost(candidate)
    case .sessionAffinity: request.session.map { SessionAffinityStrategy.cost(candidate, $0) }
    case .prefixCache: PrefixCacheStrategy.cost(candidate, request, survey)
    case .prefixCachePreble: PrefixCachePrebleStrategy.cost(candidate, request, survey)
    case .vtcBasic: VTCBasicStrategy.cost(candidate, request, share: request.userShare)
    case .slo: request.firstTokenTarget.map { SLOStrategy.cost(candidate, request, target: $0) }
    case .sloPackLoad: request.firstTokenTarget.map { SLOPackLoadStrategy.cost(candidate, request, target: $0) }
    case .sloLeastLoad: request.firstTokenTarget.map { SLOLeastLoadStrategy.cost(candidate, request, target: $0) }
    case .sloLeastLoadPulling: SLOLeastLoadPullingStrategy.cost(candidate, request)
    case .sticky: StickyStrategy.cost(candidate, request, survey)
    case .loraAffinity: LoRAAffinityStrategy.cost(candidate, request)
    }
  }

  /// What the request lacks for this strategy, so that its substitute must decide.
  func shortfall(_ request: BalancingRequest) -> Shortfall? {
    switch self {
    case .sessionAffinity: request.session == nil ? .noSession : nil
    case .pd: .noPair
    case .vtcBasic: request.userKey == 0 ? .noUser : nil
    case .loraAffinity: request.adapterKey == 0 ? .noAdapter : nil
    case .prefixCache, .prefixCachePreble, .sticky:
      request.blockCount > 0 ? nil : request.promptTokens > 0 ? .noPromptBlocks : .promptUnread
    case .slo, .sloPackLoad, .sloLeastLoad: request.firstTokenTarget == nil ? .noTarget : nil
    default: nil
    }
  }

  /// Whether its cost is a figure that engines tell.
  var needsMetrics: Bool {
    switch self {
    case .throughput, .leastBusyTime, .leastLatency, .leastKVCache, .leastGPUCache, .leastUtilization: true
    default: false
    }
  }

  /// Whether the cost of one candidate depends on the others.
  var needsSurvey: Bool {
    switch self {
    case .prefixCache, .prefixCachePreble, .sticky: true
    default: false
    }
  }

  /// Whether it goes by what replicas hold of the prompt.
  var needsMatches: Bool {
    switch self {
    case .leastTTFT, .pd, .prefixCache, .prefixCachePreble, .sticky, .slo, .sloPackLoad, .sloLeastLoad, .loraAffinity:
      true
    default: false
    }
  }

  /// Whether replicas of equal cost are told apart by their requests in flight before chance decides.
  var breaksTiesByLoad: Bool { self != .random && self != .leastRequest }
}
