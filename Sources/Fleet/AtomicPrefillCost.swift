import Synchronization

/// A cost whose two numbers are read and written one by one: a reader may see one of them newer than the other, which costs
/// a choice that is slightly off.
public struct AtomicPrefillCost: ~Copyable, Sendable {
  @usableFromInline let fixed: Atomic<UInt64>
  @usableFromInline let rate: Atomic<UInt64>

  public init(_ cost: PrefillCost) {
    fixed = Atomic(cost.fixedSeconds.bitPattern)
    rate = Atomic(cost.tokensPerSecond.bitPattern)
  }

  @inlinable public func load() -> PrefillCost {
    PrefillCost(
      fixedSeconds: Double(bitPattern: fixed.load(ordering: .relaxed)),
      tokensPerSecond: Double(bitPattern: rate.load(ordering: .relaxed)))
  }

  public func store(_ cost: PrefillCost) {
    fixed.store(cost.fixedSeconds.bitPattern, ordering: .relaxed)
    rate.store(cost.tokensPerSecond.bitPattern, ordering: .relaxed)
  }
}
