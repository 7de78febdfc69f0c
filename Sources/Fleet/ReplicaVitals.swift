import Synchronization

/// What a choice among many replicas reads of each of them, side by side in memory.
///
/// Behind ``Replica/load``, ``Replica/health``, ``Replica/metrics`` and ``Replica/estimates``, which write their parts of it,
/// every figure would stand in an object of its own: a choice among a thousand replicas then waits
/// for seven lines of memory of each. Here they are two, and most choices read the first only.
///
/// Any thread. Every reading is one relaxed load, so two of them may belong to two moments.
public final class ReplicaVitals: Sendable {
  // In the order in which a choice asks.
  @usableFromInline let prefixSlotValue = Atomic<Int>(-1)
  @usableFromInline let ownCostUntilValue = Atomic<UInt64>(0)
  @usableFromInline let running = Atomic<UInt64>(0)
  @usableFromInline let headBegan = Atomic<UInt64>(0)
  @usableFromInline let foreignBits = Atomic<UInt64>(0)
  @usableFromInline let ejectedUntilValue = Atomic<UInt64>(0)
  /// Why it cannot serve: a bit each.
  @usableFromInline let outOfService = Atomic<UInt8>(0)
  @usableFromInline let requestLimitValue = Atomic<Int>(.max)
  @usableFromInline let connectionLimitValue = Atomic<Int>(.max)
  @usableFromInline let scrapedAtValue = Atomic<UInt64>(0)
  @usableFromInline let meanWorkBits = Atomic<UInt64>(Double.nan.bitPattern)
  @usableFromInline let ownCost = AtomicPrefillCost(.assumed)
  @usableFromInline let cacheUseBits = Atomic<UInt64>(Double.nan.bitPattern)

  init() {}

  /// ``ReplicaLoad/state``.
  @inlinable public var state: ReplicaLoad.State { ReplicaLoad.State(word: running.load(ordering: .relaxed)) }

  /// Whether its probes fail, or its engine said at the last scrape that it sleeps.
  @inlinable public var cannotServe: Bool { outOfService.load(ordering: .relaxed) != 0 }

  /// Whether its engine said that it sleeps.
  @inlinable public var isAsleep: Bool { outOfService.load(ordering: .relaxed) & Self.asleep != 0 }

  @usableFromInline static let failing: UInt8 = 1
  @usableFromInline static let asleep: UInt8 = 2

  func set(_ reason: UInt8, _ holds: Bool) {
    if holds {
      outOfService.bitwiseOr(reason, ordering: .relaxed)
    } else {
      outOfService.bitwiseAnd(~reason, ordering: .relaxed)
    }
  }

  /// The end of the last ejection, monotonic nanoseconds; 0 when there was none.
  @inlinable public var ejectedUntil: UInt64 { ejectedUntilValue.load(ordering: .relaxed) }

  /// ``Replica/requestLimit``.
  @inlinable public var requestLimit: Int { requestLimitValue.load(ordering: .relaxed) }

  /// ``Replica/connectionLimit``.
  @inlinable public var connectionLimit: Int { connectionLimitValue.load(ordering: .relaxed) }

  /// ``Replica/prefixSlot``.
  @inlinable public var prefixSlot: Int { prefixSlotValue.load(ordering: .relaxed) }

  /// Whether its prefill costs what its own answers taught, instead of what its model's does
  /// (``prefillCost(model:now:)``).
  @inlinable public func hasOwnCost(now: UInt64) -> Bool { now < ownCostUntilValue.load(ordering: .relaxed) }

  /// Whether its engine told of waiting requests that are not ours, whenever that was
  /// (``foreignWaiting(now:)``).
  @inlinable public var hasForeignWaiting: Bool { foreignBits.load(ordering: .relaxed) != 0 }

  /// What its prefill is gone by: its own cost where that is known to be another than its model's.
  ///
  /// - Parameter model: what the model's replicas are taken for.
  @inlinable public func prefillCost(model: PrefillCost, now: UInt64) -> PrefillCost {
    hasOwnCost(now: now) ? ownCost.load() : model
  }

  /// ``ReplicaMetrics/isFresh(now:)``.
  @inlinable public func isFresh(now: UInt64) -> Bool {
    let scraped = scrapedAtValue.load(ordering: .relaxed)
    return scraped > 0 && now < scraped &+ ReplicaMetrics.maximumAge
  }

  /// The share of its KV cache in use, that of a cache on the CPU added where the engine has one; nil when that is unknown or
  /// too old to choose by.
  @inlinable @inline(__always) public func cacheUse(now: UInt64) -> Double? {
    let use = Double(bitPattern: cacheUseBits.load(ordering: .relaxed))
    return use.isNaN || !isFresh(now: now) ? nil : use
  }

  /// Requests of others that wait on the engine; 0 when nothing recent is known of them, since a guess would be worse than
  /// what this process knows of its own.
  @inlinable public func foreignWaiting(now: UInt64) -> Double {
    let others = Double(bitPattern: foreignBits.load(ordering: .relaxed))
    return others > 0 && isFresh(now: now) ? others : 0
  }

  /// Seconds until the requests of others are read that wait on the engine as far as it tells.
  ///
  /// - Parameter model: as in ``prefillCost(model:now:)``.
  @inlinable public func foreignSeconds(model: PrefillCost, now: UInt64) -> Double {
    let others = foreignWaiting(now: now)
    guard others > 0 else { return 0 }
    let mean = Double(bitPattern: meanWorkBits.load(ordering: .relaxed))
    return others * (mean.isNaN ? prefillCost(model: model, now: now).seconds(tokens: 1_000) : mean)
  }

  /// Seconds until what it was sent is read, others' requests included that its engine tells of.
  ///
  /// - Parameter model: as in ``prefillCost(model:now:)``.
  @inlinable public func queueSeconds(_ state: ReplicaLoad.State, model: PrefillCost, now: UInt64) -> Double {
    let own = ownQueueSeconds(state, now: now)
    return hasForeignWaiting ? own + foreignSeconds(model: model, now: now) : own
  }

  /// Seconds until what this process sent it is read.
  ///
  /// Of the work that waits the time is taken off that the request at the head has had, but at most one and a half times
  /// the mean: an engine that stalls seems no emptier for it.
  @inlinable public func ownQueueSeconds(_ state: ReplicaLoad.State, now: UInt64) -> Double {
    guard state.prefilling > 0 else { return 0 }
    let work = Double(state.work) / ReplicaLoad.ticksPerSecond
    let begun = headBegan.load(ordering: .relaxed)
    let elapsed = now > begun ? Double(now - begun) / 1e9 : 0
    return max(0, work - min(elapsed, 1.5 * work / Double(state.prefilling)))
  }

  /// What ``ownQueueSeconds(_:now:)`` is at least, but for what a sum of doubles is off by: without a division or a branch.
  @inlinable public func leastOwnQueueSeconds(_ state: ReplicaLoad.State, now: UInt64) -> Double {
    let work = Double(state.work) * (1 / ReplicaLoad.ticksPerSecond)
    let begun = headBegan.load(ordering: .relaxed)
    let elapsed = Double(now > begun ? now &- begun : 0) * 1e-9
    // 1 - 1.5 ÷ prefilling for 2, 3 and 4, no more for others.
    let left = min(0.25 * Double(state.prefilling - 1), 0.625)
    return max(work - elapsed, work * left)
  }
}
