/// What an engine last said of itself, in one dialect's terms translated to ours.
///
/// nil is unknown: the engine does not export it, has not been asked yet, or what it said is too old. It is never zero.
/// Spans are seconds, shares 0…1, rates per second over the scraper's window.
public struct EngineMetrics: Sendable, Equatable {
  /// Monotonic nanoseconds of the scrape; 0 when there was none.
  public var scrapedAt: UInt64 = 0

  // Gauges
  public var runningRequests: Double?
  public var waitingRequests: Double?
  public var swappedRequests: Double?
  /// Share of the KV cache in use.
  public var kvCacheUsage: Double?
  public var gpuCacheUsage: Double?
  public var cpuCacheUsage: Double?
  public var engineUtilization: Double?
  public var gpuBusyRatio: Double?
  /// 0 awake, 1 and 2 the engine's levels of sleep.
  public var sleepState: Double?

  // Rates
  public var promptTokensPerSecond: Double?
  public var generationTokensPerSecond: Double?
  public var requestsPerSecond: Double?
  public var preemptionsPerSecond: Double?
  public var prefixCacheHitRatio: Double?

  // Means and quantiles over the window
  public var meanPromptTokens: Double?
  public var meanGenerationTokens: Double?
  public var meanQueueTime: Double?
  public var meanPrefillTime: Double?
  public var meanDecodeTime: Double?
  public var meanTimeToFirstToken: Double?
  public var p95TimeToFirstToken: Double?
  public var meanTimePerOutputToken: Double?
  public var p95TimePerOutputToken: Double?
  public var meanLatency: Double?

  // What it is
  /// Blocks of its KV cache and tokens of a block.
  public var cacheBlocks: Double?
  public var cacheBlockTokens: Double?
  public var maxAdapters: Double?

  public init() {}
}
