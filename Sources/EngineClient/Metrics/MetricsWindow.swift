import Fleet

/// Turns successive scrapes of one engine into levels, rates, means and quantiles over a window.
///
/// A pure machine: time comes in as monotonic nanoseconds. It keeps the latest scrape and, for comparison, one scrape for
/// each twelfth of the window (5 s of 60): at most ``storedLimit`` of some kilobytes each. Rates, means and quantiles are
/// of the time from the oldest kept scrape to the latest, so of at most a window and a twelfth; before the second scrape
/// they are unknown, and a mean or quantile without an observation in the window is unknown.
///
/// A count that fell means that the engine began anew: what came before is forgotten, and rates are known again from the
/// next scrape on.
public struct MetricsWindow: Sendable {
  /// Scrapes kept at most.
  public static let storedLimit = 14

  /// What a scrape changed.
  public enum Change: Sendable, Equatable {
    /// The engine's queue, its cache and its counts are what they were.
    case unmoved
    /// Some are not; so it is with a first scrape.
    case moved
    /// Counts fell: the engine began anew.
    case restarted
  }

  private struct Stored: Sendable {
    var at: UInt64
    var scrape: EngineScrape
  }

  private let window: UInt64
  private var stored: [Stored] = []
  private var latest: Stored?

  /// - Parameter window: nanoseconds, above 0.
  public init(window: UInt64 = 60_000_000_000) {
    precondition(window > 0)
    self.window = window
  }

  /// Takes a scrape in. One that is not later than the last is passed over.
  @discardableResult
  public mutating func add(_ scrape: EngineScrape, at now: UInt64) -> Change {
    guard let previous = latest else {
      latest = Stored(at: now, scrape: scrape)
      stored = [Stored(at: now, scrape: scrape)]
      return .moved
    }
    guard now > previous.at else { return .unmoved }
    let restarted = Self.fell(from: previous.scrape, to: scrape)
    let moved =
      previous.scrape.counters != scrape.counters
      || [.running, .waiting, .swapped, .kvCacheUsage].contains { previous.scrape[$0 as EngineGauge] != scrape[$0] }
    if restarted { stored.removeAll() }
    latest = Stored(at: now, scrape: scrape)
    let step = window / 12
    if stored.last.map({ now - $0.at >= step }) ?? true { stored.append(Stored(at: now, scrape: scrape)) }
    stored.removeAll { now - $0.at > window + step }
    if stored.isEmpty { stored.append(Stored(at: now, scrape: scrape)) }
    if stored.count > Self.storedLimit { stored.removeFirst(stored.count - Self.storedLimit) }
    return restarted ? .restarted : moved ? .moved : .unmoved
  }

  /// Forgets everything, as after an engine that has been away.
  public mutating func reset() {
    stored.removeAll()
    latest = nil
  }

  /// When the latest scrape was; nil before the first.
  public var scrapedAt: UInt64? { latest?.at }

  /// The adapters of the latest scrape; nil when the engine does not tell.
  public var adapters: AdapterActivity? { latest?.scrape.adapters }

  /// What is known at `now`: everything of the latest scrape, or nothing when that is older than `limit` nanoseconds.
  /// What is negative or no finite number, as sums of broken pages may be, is unknown.
  public func metrics(now: UInt64, staleAfter limit: UInt64 = .max) -> EngineMetrics {
    var metrics = EngineMetrics()
    guard let latest, now < latest.at || now - latest.at <= limit else { return metrics }
    let scrape = latest.scrape
    metrics.scrapedAt = latest.at
    metrics.runningRequests = scrape[.running]
    metrics.waitingRequests = scrape[.waiting]
    metrics.swappedRequests = scrape[.swapped]
    metrics.kvCacheUsage = scrape[.kvCacheUsage]
    metrics.gpuCacheUsage = scrape[.gpuCacheUsage]
    metrics.cpuCacheUsage = scrape[.cpuCacheUsage]
    metrics.engineUtilization = scrape[.engineUtilization]
    metrics.gpuBusyRatio = scrape[.gpuBusyRatio]
    metrics.sleepState = scrape[.sleepState]
    metrics.cacheBlocks = scrape[.cacheBlocks]
    metrics.cacheBlockTokens = scrape[.cacheBlockTokens]
    metrics.maxAdapters = scrape[.maxAdapters]

    let requests = increase(.requests)
    metrics.promptTokensPerSecond = rate(.promptTokens) ?? scrape[.promptThroughput]
    metrics.generationTokensPerSecond = rate(.generationTokens) ?? scrape[.generationThroughput]
    metrics.requestsPerSecond = rate(.requests)
    metrics.preemptionsPerSecond = rate(.preemptions)
    metrics.prefixCacheHitRatio =
      Self.ratio(increase(.prefixCacheHits), increase(.prefixCacheQueries)) ?? scrape[.prefixCacheHitRatio]

    metrics.meanPromptTokens =
      observed(.promptTokens)?.mean ?? Self.ratio(increase(.promptTokens), requests)
    metrics.meanGenerationTokens =
      observed(.generationTokens)?.mean ?? Self.ratio(increase(.generationTokens), requests)
    metrics.meanQueueTime = observed(.queueTime)?.mean
    metrics.meanPrefillTime = observed(.prefillTime)?.mean
    metrics.meanDecodeTime = observed(.decodeTime)?.mean
    let firstToken = observed(.timeToFirstToken)
    metrics.meanTimeToFirstToken = firstToken?.mean
    metrics.p95TimeToFirstToken = firstToken?.quantile(0.95)
    let perToken = observed(.timePerOutputToken)
    metrics.meanTimePerOutputToken = perToken?.mean
    metrics.p95TimePerOutputToken = perToken?.quantile(0.95)
    metrics.meanLatency = observed(.latency)?.mean
    for metric in EngineMetric.allCases {
      guard let value = metrics[keyPath: metric.field], !value.isFinite || value < 0 else { continue }
      metrics[keyPath: metric.field] = nil
    }
    return metrics
  }

  // MARK: Over the window

  /// The oldest kept scrape, when it is another than the latest.
  private var base: Stored? {
    guard let latest, let first = stored.first, first.at < latest.at else { return nil }
    return first
  }

  private func increase(_ counter: EngineCounter) -> Double? {
    guard let base, let earlier = base.scrape[counter], let now = latest?.scrape[counter], earlier.rank == now.rank
    else { return nil }
    return now.value - earlier.value
  }

  private func rate(_ counter: EngineCounter) -> Double? {
    guard let base, let latest, let increase = increase(counter) else { return nil }
    return increase / (Double(latest.at - base.at) / 1e9)
  }

  private func observed(_ histogram: EngineHistogram) -> CumulativeHistogram? {
    guard let base, let earlier = base.scrape[histogram], let now = latest?.scrape[histogram],
      earlier.rank == now.rank
    else { return nil }
    return now.value.since(earlier.value)
  }

  private static func ratio(_ part: Double?, _ whole: Double?) -> Double? {
    guard let part, let whole, whole > 0 else { return nil }
    return part / whole
  }

  private static func fell(from earlier: EngineScrape, to later: EngineScrape) -> Bool {
    for counter in EngineCounter.allCases {
      if let old = earlier[counter], let new = later[counter], old.rank == new.rank, new.value < old.value {
        return true
      }
    }
    for histogram in EngineHistogram.allCases {
      if let old = earlier[histogram], let new = later[histogram], old.rank == new.rank,
        let oldTotal = old.value.total, let newTotal = new.value.total, newTotal < oldTotal
      {
        return true
      }
    }
    return false
  }
}
