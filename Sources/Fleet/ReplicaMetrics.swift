import Synchronization

/// The figures of ``EngineMetrics`` that choices are made on.
public enum EngineGauge: Int, Sendable, CaseIterable {
  case runningRequests, waitingRequests, kvCacheUsage, gpuCacheUsage, cpuCacheUsage, engineUtilization, gpuBusyRatio
  case promptTokensPerSecond, generationTokensPerSecond
  case meanPromptTokens, meanGenerationTokens, meanQueueTime, meanPrefillTime, meanDecodeTime, meanTimePerOutputToken
  case cacheBlocks, cacheBlockTokens, maxAdapters

  fileprivate func value(in metrics: EngineMetrics) -> Double? {
    switch self {
    case .runningRequests: metrics.runningRequests
    case .waitingRequests: metrics.waitingRequests
    case .kvCacheUsage: metrics.kvCacheUsage
    case .gpuCacheUsage: metrics.gpuCacheUsage
    case .cpuCacheUsage: metrics.cpuCacheUsage
    case .engineUtilization: metrics.engineUtilization
    case .gpuBusyRatio: metrics.gpuBusyRatio
    case .promptTokensPerSecond: metrics.promptTokensPerSecond
    case .generationTokensPerSecond: metrics.generationTokensPerSecond
    case .meanPromptTokens: metrics.meanPromptTokens
    case .meanGenerationTokens: metrics.meanGenerationTokens
    case .meanQueueTime: metrics.meanQueueTime
    case .meanPrefillTime: metrics.meanPrefillTime
    case .meanDecodeTime: metrics.meanDecodeTime
    case .meanTimePerOutputToken: metrics.meanTimePerOutputToken
    case .cacheBlocks: metrics.cacheBlocks
    case .cacheBlockTokens: metrics.cacheBlockTokens
    case .maxAdapters: metrics.maxAdapters
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

/// What an engine last said of itself, for choices on any thread: one or two relaxed loads a figure, no lock.
///
/// Each figure is of some scrape; two figures read while a scrape comes in may be of two.
public final class ReplicaMetrics: Sendable {
  /// Older figures are unknown: five times the usual second between scrapes, in nanoseconds.
  public static let maximumAge: UInt64 = 5_000_000_000

  /// Safe to share: it never changes, and what it points to is atomic.
  @usableFromInline nonisolated(unsafe) let values: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let scrapedAt = Atomic<UInt64>(0)
  /// Requests that waited on the engine beyond those that this process had sent and that wait for a first token, as bits.
  private let foreign = Atomic<UInt64>(0)

  public init() {
    values = .allocate(capacity: EngineGauge.allCases.count)
    for gauge in EngineGauge.allCases {
      (values + gauge.rawValue).initialize(to: Atomic(Double.nan.bitPattern))
    }
  }

  deinit {
    values.deinitialize(count: EngineGauge.allCases.count)
    values.deallocate()
  }

  /// Takes over a scrape. Any thread; scrapes of one replica come one after another.
  ///
  /// - Parameter prefilling: requests of this process on the replica without a first token, at the time of the scrape.
  public func update(_ metrics: EngineMetrics, prefilling: Int) {
    for gauge in EngineGauge.allCases {
      let value = gauge.value(in: metrics)
      if value == nil, gauge.isConstant { continue }
      let known = value.flatMap { $0.isFinite ? $0 : nil } ?? .nan
      values[gauge.rawValue].store(known.bitPattern, ordering: .relaxed)
    }
    let others = max(0, (metrics.waitingRequests ?? 0) - Double(prefilling))
    foreign.store(others.bitPattern, ordering: .relaxed)
    scrapedAt.store(metrics.scrapedAt, ordering: .relaxed)
  }

  /// The figure; nil when it is unknown or older than ``maximumAge``.
  ///
  /// - Parameter now: monotonic nanoseconds.
  @inlinable public func value(_ gauge: EngineGauge, now: UInt64) -> Double? {
    let value = Double(bitPattern: values[gauge.rawValue].load(ordering: .relaxed))
    guard !value.isNaN, gauge.isConstant || isFresh(now: now) else { return nil }
    return value
  }

  /// Whether the last scrape is recent enough to go by.
  @inlinable public func isFresh(now: UInt64) -> Bool {
    let scraped = scrapedAt.load(ordering: .relaxed)
    return scraped > 0 && now < scraped &+ Self.maximumAge
  }

  /// Requests of others that wait on the engine; 0 when nothing recent is known of them, since a guess would be worse
  /// than what this process knows of its own.
  public func foreignWaiting(now: UInt64) -> Double {
    let others = Double(bitPattern: foreign.load(ordering: .relaxed))
    return others > 0 && isFresh(now: now) ? others : 0
  }

  /// Tokens that its KV cache holds; nil when the engine does not say.
  public var cacheTokens: Double? {
    guard let blocks = value(.cacheBlocks, now: 0), let tokens = value(.cacheBlockTokens, now: 0) else { return nil }
    return blocks > 0 && tokens > 0 ? blocks * tokens : nil
  }
}
