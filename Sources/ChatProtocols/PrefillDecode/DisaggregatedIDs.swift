import Synchronization

/// Gives the requests of TensorRT-LLM's pairs their `disagg_request_id`, none twice in a process. Any thread; one atomic each.
///
/// An id is 41 bits of milliseconds since 2023, 10 of the machine and 12 of a counter, moved above 2⁴², where the engine's own
/// ids end:
///
///     id = (milliseconds ≪ 22 | machine ≪ 12 | counter) mod (2⁶³ − 2⁴²) + 2⁴²
///
/// More than 4 096 in a millisecond take numbers of the next.
public final class DisaggregatedIDs: Sendable {
  /// 2023-01-01T00:00:00Z in milliseconds since 1970.
  static let epoch: UInt64 = 1_672_531_200_000

  private let machine: UInt64
  /// Milliseconds and counter of the last one, without the machine between them.
  private let last = Atomic<UInt64>(0)

  /// - Parameter machine: tells this process from others that ask the same engines; its lower 10 bits count.
  public init(machine: UInt64) { self.machine = machine & 0x3FF }

  /// The next id.
  ///
  /// - Parameter now: milliseconds since 1970.
  public func next(now: UInt64) -> UInt64 {
    let wanted = (now &- min(now, Self.epoch)) << 12
    var before = last.load(ordering: .relaxed)
    while true {
      let next = max(wanted, before &+ 1)
      let (exchanged, original) = last.compareExchange(expected: before, desired: next, ordering: .relaxed)
      if exchanged { return Self.id(milliseconds: next >> 12, machine: machine, counter: next & 0xFFF) }
      before = original
    }
  }

  static func id(milliseconds: UInt64, machine: UInt64, counter: UInt64) -> UInt64 {
    let plain = (milliseconds & 0x1FF_FFFF_FFFF) << 22 | machine << 12 | counter
    return plain % (1 << 63 - 1 << 42) + 1 << 42
  }
}
