/// A level that an engine states at the moment of the scrape.
enum EngineGauge: Int, CaseIterable, Sendable {
  case running, waiting, swapped
  case kvCacheUsage, gpuCacheUsage, cpuCacheUsage
  case engineUtilization, gpuBusyRatio, sleepState
  case promptThroughput, generationThroughput, prefixCacheHitRatio
  case cacheBlocks, cacheBlockTokens, maxAdapters

  /// What several series of one engine process make together, such as those of its data-parallel ranks.
  enum Combination: Sendable { case sum, mean, maximum }

  var combination: Combination {
    switch self {
    case .running, .waiting, .swapped, .promptThroughput, .generationThroughput, .cacheBlocks: .sum
    case .kvCacheUsage, .gpuCacheUsage, .cpuCacheUsage, .engineUtilization, .gpuBusyRatio, .prefixCacheHitRatio,
      .cacheBlockTokens:
      .mean
    case .sleepState, .maxAdapters: .maximum
    }
  }
}

/// A count since the engine's start. Several series are added up.
enum EngineCounter: Int, CaseIterable, Sendable {
  case promptTokens, generationTokens, requests, preemptions, prefixCacheQueries, prefixCacheHits
}

/// A distribution since the engine's start; times are in seconds. Several series are added up, bucket by bucket.
enum EngineHistogram: Int, CaseIterable, Sendable {
  case queueTime, prefillTime, decodeTime, timeToFirstToken, timePerOutputToken, latency
  case promptTokens, generationTokens
}
