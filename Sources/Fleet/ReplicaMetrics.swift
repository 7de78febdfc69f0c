import Synchronization

/// What a replica's engine last said of itself, for readers on any thread.
///
/// A choice among replicas reads single numbers, each with one or two relaxed loads and without a lock; two of them may
/// come from two scrapes. ``snapshot`` and ``adapters`` take a lock and belong to one scrape. One scraper writes.
public final class ReplicaMetrics: Sendable {
  /// Older numbers are unknown to choices, in nanoseconds: the 2 s of the slowest pace, the 2 s that a scrape may take, and
  /// one to spare.
  @inlinable public static var maximumAge: UInt64 { 5_000_000_000 }

  /// Bit patterns of doubles; NaN stands for unknown.
  @usableFromInline let values: InlineArray<27, Atomic<UInt64>>
  /// There stand when the numbers were read, the requests that waited on the engine beyond those that this process had sent
  /// and that wait for a first token, and the share of its caches in use, as bits.
  @usableFromInline let vitals: ReplicaVitals
  private let restartCount = Atomic<Int>(0)
  private let whole = Mutex<Whole>(Whole())

  private struct Whole {
    var metrics = EngineMetrics()
    var adapters: AdapterActivity?
  }

  /// Knows nothing yet.
  public convenience init() { self.init(vitals: ReplicaVitals()) }

  /// - Parameter vitals: of its replica.
  init(vitals: ReplicaVitals) {
    self.vitals = vitals
    values = InlineArray { _ in Atomic(Double.nan.bitPattern) }
    precondition(values.count == EngineMetric.allCases.count)
  }

  // MARK: Reading

  /// A number; nil when it is unknown. One relaxed load.
  @inlinable @inline(__always) public subscript(metric: EngineMetric) -> Double? {
    let value = Double(bitPattern: values[metric.rawValue].load(ordering: .relaxed))
    return value.isNaN ? nil : value
  }

  /// A number to choose by; nil when it is unknown or older than ``maximumAge``.
  ///
  /// - Parameter now: monotonic nanoseconds.
  @inlinable @inline(__always) public func value(_ metric: EngineMetric, now: UInt64) -> Double? {
    guard let value = self[metric], metric.isConstant || isFresh(now: now) else { return nil }
    return value
  }

  /// Whether the last scrape is recent enough to go by.
  @inlinable public func isFresh(now: UInt64) -> Bool { vitals.isFresh(now: now) }

  /// Tokens that its KV cache holds; nil when the engine does not say.
  public var cacheTokens: Double? {
    guard let blocks = self[.cacheBlocks], let tokens = self[.cacheBlockTokens] else { return nil }
    return blocks > 0 && tokens > 0 ? blocks * tokens : nil
  }

  /// Monotonic nanoseconds of the scrape that the numbers are of; 0 when they are unknown.
  @inlinable public var scrapedAt: UInt64 { vitals.scrapedAtValue.load(ordering: .relaxed) }

  /// How often the engine was seen to have begun anew, its counters back at zero: what it had cached is gone.
  public var restarts: Int { restartCount.load(ordering: .relaxed) }

  /// All numbers of one scrape. Takes a lock.
  public var snapshot: EngineMetrics { whole.withLock { $0.metrics } }

  /// The adapters in the engine's hands at that scrape; nil when it does not tell. Takes a lock.
  public var adapters: AdapterActivity? { whole.withLock { $0.adapters } }

  // MARK: Writing

  /// Replaces everything by what a scrape found. ``EngineMetrics`` of no scrape makes everything unknown but what the
  /// engine is (``EngineMetric/isConstant``).
  ///
  /// - Parameters:
  ///   - prefilling: requests of this process on the replica without a first token, at the time of the scrape.
  ///   - restarted: the engine began anew since the last scrape.
  public func publish(
    _ metrics: EngineMetrics, adapters: AdapterActivity?, prefilling: Int = 0, restarted: Bool = false
  ) {
    whole.withLock { whole in
      whole = Whole(metrics: metrics, adapters: adapters)
      for metric in EngineMetric.allCases {
        let value = metrics[keyPath: metric.field]
        if metrics.scrapedAt == 0, metric.isConstant { continue }
        let known = value.flatMap { $0.isFinite ? $0 : nil } ?? .nan
        values[metric.rawValue].store(known.bitPattern, ordering: .relaxed)
      }
      let cacheUse = (self[.kvCacheUsage] ?? self[.gpuCacheUsage]).map { $0 + (self[.cpuCacheUsage] ?? 0) }
      vitals.cacheUseBits.store((cacheUse ?? .nan).bitPattern, ordering: .relaxed)
      let others = max(0, (metrics.waitingRequests ?? 0) - Double(prefilling))
      vitals.foreignBits.store(others.bitPattern, ordering: .relaxed)
      vitals.set(ReplicaVitals.asleep, (metrics.sleepState ?? 0) > 0)
      vitals.scrapedAtValue.store(metrics.scrapedAt, ordering: .relaxed)
      if restarted { restartCount.wrappingAdd(1, ordering: .relaxed) }
    }
  }

  /// What is known is too old: everything is unknown but what the engine is. Nothing happens when it is so already.
  public func forget() {
    if scrapedAt != 0 { publish(EngineMetrics(), adapters: nil) }
  }
}
