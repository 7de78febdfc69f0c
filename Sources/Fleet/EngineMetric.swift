/// The numbers of ``EngineMetrics``, each with the place where ``ReplicaMetrics`` keeps it.
public enum EngineMetric: Int, CaseIterable, Sendable {
  case runningRequests, waitingRequests, swappedRequests, kvCacheUsage, gpuCacheUsage, cpuCacheUsage
  case engineUtilization, gpuBusyRatio, sleepState
  case promptTokensPerSecond, generationTokensPerSecond, requestsPerSecond, preemptionsPerSecond, prefixCacheHitRatio
  case meanPromptTokens, meanGenerationTokens, meanQueueTime, meanPrefillTime, meanDecodeTime
  case meanTimeToFirstToken, p95TimeToFirstToken, meanTimePerOutputToken, p95TimePerOutputToken, meanLatency
  case cacheBlocks, cacheBlockTokens, maxAdapters

  /// The field of ``EngineMetrics`` that it is.
  public var field: WritableKeyPath<EngineMetrics, Double?> {
    switch self {
    case .runningRequests: \.runningRequests
    case .waitingRequests: \.waitingRequests
    case .swappedRequests: \.swappedRequests
    case .kvCacheUsage: \.kvCacheUsage
    case .gpuCacheUsage: \.gpuCacheUsage
    case .cpuCacheUsage: \.cpuCacheUsage
    case .engineUtilization: \.engineUtilization
    case .gpuBusyRatio: \.gpuBusyRatio
    case .sleepState: \.sleepState
    case .promptTokensPerSecond: \.promptTokensPerSecond
    case .generationTokensPerSecond: \.generationTokensPerSecond
    case .requestsPerSecond: \.requestsPerSecond
    case .preemptionsPerSecond: \.preemptionsPerSecond
    case .prefixCacheHitRatio: \.prefixCacheHitRatio
    case .meanPromptTokens: \.meanPromptTokens
    case .meanGenerationTokens: \.meanGenerationTokens
    case .meanQueueTime: \.meanQueueTime
    case .meanPrefillTime: \.meanPrefillTime
    case .meanDecodeTime: \.meanDecodeTime
    case .meanTimeToFirstToken: \.meanTimeToFirstToken
    case .p95TimeToFirstToken: \.p95TimeToFirstToken
    case .meanTimePerOutputToken: \.meanTimePerOutputToken
    case .p95TimePerOutputToken: \.p95TimePerOutputToken
    case .meanLatency: \.meanLatency
    case .cacheBlocks: \.cacheBlocks
    case .cacheBlockTokens: \.cacheBlockTokens
    case .maxAdapters: \.maxAdapters
    }
  }

  /// Whether it says what the engine is rather than what it does, and so does not age.
  @inlinable public var isConstant: Bool {
    switch self {
    case .cacheBlocks, .cacheBlockTokens, .maxAdapters: true
    default: false
    }
  }
}
