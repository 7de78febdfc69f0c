import Fleet
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which replica holds which blocks of which prompts, as far as a router can know.
///
/// One table for all models, since a block's hash begins with its model. An entry of 8 bytes says: this block (28 bits of
/// its hash, besides those that its place tells), this replica (12 bits), last used in this epoch (24 bits). Entries stand
/// in lines of 8, a cache line; a block has two lines. Nothing is ever moved: an entry dies when its replica's cache no
/// longer reaches back to its stamp (``ReplicaResidency``) and is then written over. If both lines are full of live
/// entries, one of them gives way, of the same block if it has ``holdersPerBlock`` already. A prompt that more replicas
/// share is one that tells them apart no more.
///
/// **Memory** is fixed at the start: 8 bytes × the next power of two above 1.6 × `maximumBlocks` (134 MB for 10 million),
/// and 8.1 KiB for each replica that is in; the system gives pages as they are first written. A wrong match of a block has
/// a chance of 6 in 100 million.
///
/// **Threads**: reading is relaxed loads, no lock. Writing takes the lock of the one replica that is written for.
public final class PrefixIndex: Sendable {
  /// Entries of one block that are kept before they give way to each other.
  public static let holdersPerBlock = 8
  /// Blocks that a replica is taken to hold until its engine or its answers say otherwise: about half a million tokens.
  public static let assumedCapacity = 4_096

  /// Replicas that have a slot at the same time; others are chosen without regard to prefixes.
  public let maximumReplicas: Int
  /// Bytes of the table.
  public let tableBytes: Int

  /// The table does not fit into memory.
  public struct NoMemory: Error, Sendable, Equatable, CustomStringConvertible {
    public var bytes: Int

    public var description: String { "no memory for a prefix index of \(bytes) bytes; lower its number of blocks" }
  }

  private static let lineEntries = 8
  /// Safe to share: both never change, and what they point to is atomic.
  private nonisolated(unsafe) let entries: UnsafeMutablePointer<Atomic<UInt64>>
  private nonisolated(unsafe) let spans: UnsafeMutablePointer<Atomic<UInt64>>
  private nonisolated(unsafe) let allocation: UnsafeMutableRawPointer
  private let lineMask: UInt64
  private let residencies: [Residency]
  private let registry: Mutex<Registry>

  private final class Residency: Sendable {
    let state = Mutex(ReplicaResidency(capacity: PrefixIndex.assumedCapacity))
    let followsEvents = Atomic<Bool>(false)
  }

  private struct Registry: Sendable {
    var free: [Int]
    var slots: [Int: Int] = [:]
  }

  /// - Parameters:
  ///   - maximumBlocks: blocks of all replicas together, at least 64.
  ///   - maximumReplicas: 1…4 096.
  /// - Throws: when the system has not got so much memory.
  public init(maximumBlocks: Int = 1_000_000, maximumReplicas: Int = 4_096) throws(NoMemory) {
    precondition((1...4_096).contains(maximumReplicas), "a prefix index holds 1 to 4096 replicas")
    self.maximumReplicas = maximumReplicas
    var lines: UInt64 = 16
    while lines * UInt64(Self.lineEntries) * 10 < UInt64(max(64, maximumBlocks)) * 16 { lines *= 2 }
    lineMask = lines - 1
    tableBytes = Int(lines) * Self.lineEntries * 8
    // calloc gives zeroed pages without touching them; a zero is a valid atomic integer.
    guard let allocation = calloc(tableBytes + 64, 1) else {
      throw NoMemory(bytes: tableBytes)
    }
    self.allocation = allocation
    entries = allocation.alignedUp(toMultipleOf: 64).bindMemory(
      to: Atomic<UInt64>.self, capacity: Int(lines) * Self.lineEntries)
    spans = .allocate(capacity: maximumReplicas)
    for slot in 0..<maximumReplicas { (spans + slot).initialize(to: Atomic(1 << 32 | 1)) }
    residencies = (0..<maximumReplicas).map { _ in Residency() }
    registry = Mutex(Registry(free: Array((0..<maximumReplicas).reversed())))
  }

  deinit {
    spans.deinitialize(count: maximumReplicas)
    spans.deallocate()
    free(allocation)
  }

  // MARK: Replicas

  /// Gives the replicas slots, and frees the slots of those that are not among them. To be called when a fleet comes into
  /// force, with all its replicas.
  ///
  /// - Returns: how many got none since all are taken.
  @discardableResult
  public func adopt(_ replicas: [Replica]) -> Int {
    registry.withLock { registry in
      let present = Set(replicas.map(\.id))
      for (id, slot) in registry.slots where !present.contains(id) {
        setFollowsEvents(false, slot: slot)
        registry.slots[id] = nil
        registry.free.append(slot)
      }
      var without = 0
      for replica in replicas {
        if let slot = registry.slots[replica.id] {
          replica.prefixSlot = slot
        } else if let slot = registry.free.popLast() {
          registry.slots[replica.id] = slot
          replica.prefixSlot = slot
        } else {
          replica.prefixSlot = -1
          without += 1
        }
      }
      return without
    }
  }

  /// Blocks that the replica in this slot is taken to hold.
  public func residentBlocks(slot: Int) -> Int {
    slot < 0 ? 0 : residencies[slot].state.withLock { $0.blocks }
  }

  /// Blocks that its engine can hold, as told or learnt.
  public func capacity(slot: Int) -> Int { slot < 0 ? 0 : residencies[slot].state.withLock { $0.capacity } }

  /// Sets what its engine can hold.
  public func setCapacity(_ blocks: Int, slot: Int) {
    guard slot >= 0, !residencies[slot].followsEvents.load(ordering: .relaxed) else { return }
    change(slot) { $0.setCapacity(blocks) }
  }

  // MARK: Blocks

  /// Finds who holds how much of a prompt from its start.
  ///
  /// A block is held only behind all before it, but for entries that the table has lost. So behind the first ``stride``
  /// blocks it looks at every ``stride``-th, and at those between only where somebody's part ends among them. It goes on
  /// past one block that nobody holds, as the table may have lost it; it ends at the second in a row.
  public func match(_ hashes: UnsafeBufferPointer<UInt64>, into matches: inout PrefixMatches) {
    matches.begin()
    let count = min(hashes.count, 0xFFFF)
    var start = 0
    var asked = 0
    // A bit for each slot, of 64 slots one, that holds the block before `start`.
    var before: UInt64 = 0
    var lastHeld = -1
    while start < count {
      if start == asked {
        let isFirst = start == 0
        asked = start + (isFirst ? Self.stride : Self.stride * Self.aheadBlocks)
        var next = isFirst ? 0 : start + Self.stride - 1
        while next < min(asked, count) {
          ask(hashes[next])
          next += isFirst ? 1 : Self.stride
        }
      }
      let end = start < Self.stride ? start : min(start + Self.stride, count) - 1
      let holders = note(hashes[end], at: end, in: &matches)
      if before & ~holders != 0 || holders == 0 {
        for position in start..<end where note(hashes[position], at: position, in: &matches) != 0 {
          lastHeld = position
        }
      }
      if holders != 0 { lastHeld = end }
      if end - lastHeld >= 2 { return }
      // Whose part ends behind a lost block is not known.
      before = holders == 0 ? ~0 : holders
      start = end + 1
    }
  }

  /// Notes who holds a block.
  ///
  /// - Returns: their slots, as bits that 64 slots apart share.
  @inline(__always) private func note(_ hash: UInt64, at position: Int, in matches: inout PrefixMatches) -> UInt64 {
    let (first, second) = lines(hash)
    let key = hash & 0xFFF_FFFF
    var hits = hits(first, key) | hits(second, key) << UInt64(Self.lineEntries)
    var holders: UInt64 = 0
    while hits != 0 {
      let entry = entries[place(hits.trailingZeroBitCount, first, second)].load(ordering: .relaxed)
      hits &= hits - 1
      // It may have changed since, and an empty entry looks like the block whose key is 0.
      guard entry >> 36 == key, entry != 0 else { continue }
      let slot = Int((entry >> 24) & 0xFFF)
      let stamp = UInt32(entry & 0xFF_FFFF)
      guard let age = ReplicaResidency.age(of: stamp, in: spans[slot].load(ordering: .relaxed)) else { continue }
      matches.note(slot: slot, blocks: position + 1, age: age)
      holders |= 1 &<< UInt64(slot & 63)
    }
    return holders
  }

  /// Blocks of which one is looked at.
  private static let stride = 4
  /// Blocks whose lines are asked for together: so many can be on their way from memory at a time, where one after the
  /// other takes as long each as reading all of them.
  private static let aheadBlocks = 12

  /// Has both lines of a block brought near. The loads are atomic, so they are not left out though nobody wants them.
  @inline(__always) private func ask(_ hash: UInt64) {
    let (first, second) = lines(hash)
    _ = entries[first].load(ordering: .relaxed)
    _ = entries[second].load(ordering: .relaxed)
  }

  /// A bit for each entry of a line that has the key.
  @inline(__always) private func hits(_ line: Int, _ key: UInt64) -> UInt64 {
    var hits: UInt64 = 0
    for offset in 0..<Self.lineEntries {
      let isHit = entries[line + offset].load(ordering: .relaxed) >> 36 == key
      hits |= (isHit ? 1 : 0) << UInt64(offset)
    }
    return hits
  }

  /// Whether the engine itself tells what it holds (``blockStored(_:slot:)`` and its like): then prompts that are sent to
  /// it add nothing, and no capacity is applied.
  public func setFollowsEvents(_ follows: Bool, slot: Int) {
    guard slot >= 0 else { return }
    residencies[slot].followsEvents.store(follows, ordering: .relaxed)
    change(slot) { residency in
      residency.clear()
      residency.setCapacity(follows ? Int(Int32.max) : Self.assumedCapacity)
    }
  }

  /// A prompt goes to a replica, which will hold its blocks then.
  public func insert(_ hashes: UnsafeBufferPointer<UInt64>, slot: Int) {
    guard slot >= 0, !hashes.isEmpty, !residencies[slot].followsEvents.load(ordering: .relaxed) else { return }
    change(slot) { residency in
      // The last first: engines give up the end of a prompt before its beginning.
      for hash in hashes.reversed() { use(hash, slot, &residency) }
    }
  }

  /// The engine told that it stored a block.
  public func blockStored(_ hash: UInt64, slot: Int) {
    guard slot >= 0 else { return }
    change(slot) { use(hash, slot, &$0) }
  }

  /// The engine told that it gave up a block.
  public func blockRemoved(_ hash: UInt64, slot: Int) {
    guard slot >= 0 else { return }
    change(slot) { residency in
      guard let (place, entry) = find(hash, slot) else { return }
      residency.remove(stamp: UInt32(entry & 0xFF_FFFF))
      _ = entries[place].compareExchange(expected: entry, desired: 0, ordering: .relaxed)
    }
  }

  /// The engine told that it gave up all blocks, or it started anew.
  public func clear(slot: Int) {
    guard slot >= 0 else { return }
    change(slot) { $0.clear() }
  }

  // MARK: Entries

  private func change(_ slot: Int, _ body: (inout ReplicaResidency) -> Void) {
    residencies[slot].state.withLock { residency in
      body(&residency)
      spans[slot].store(residency.span, ordering: .relaxed)
    }
  }

  /// Where a block's two lines begin.
  @inline(__always) private func lines(_ hash: UInt64) -> (Int, Int) {
    let first = (hash >> 28) & lineMask
    let second = (first ^ ((hash & 0xFFF_FFFF) &* 0x9E37_79B1 | 1)) & lineMask
    return (Int(first) * Self.lineEntries, Int(second) * Self.lineEntries)
  }

  /// The entry at an offset into the two lines.
  @inline(__always) private func place(_ offset: Int, _ first: Int, _ second: Int) -> Int {
    offset < Self.lineEntries ? first + offset : second + offset - Self.lineEntries
  }

  private func find(_ hash: UInt64, _ slot: Int) -> (place: Int, entry: UInt64)? {
    let (first, second) = lines(hash)
    let wanted = (hash & 0xFFF_FFFF) << 12 | UInt64(slot)
    // Most stand near the beginning of a line.
    for offset in 0..<2 * Self.lineEntries {
      let place = place(offset, first, second)
      let entry = entries[place].load(ordering: .relaxed)
      if entry >> 24 == wanted, entry != 0 { return (place, entry) }
    }
    return nil
  }

  private func use(_ hash: UInt64, _ slot: Int, _ residency: inout ReplicaResidency) {
    let wanted = (hash & 0xFFF_FFFF) << 12 | UInt64(slot)
    if let (place, entry) = find(hash, slot) {
      let stamp = stamp(slot, &residency, replacing: UInt32(entry & 0xFF_FFFF))
      let renewed = wanted << 24 | UInt64(stamp)
      if renewed == entry
        || entries[place].compareExchange(expected: entry, desired: renewed, ordering: .relaxed).exchanged
      {
        return
      }
      // Another replica's block took the place at this moment: it is written anew, counted it is.
      write(renewed, hash)
    } else {
      write(wanted << 24 | UInt64(stamp(slot, &residency, replacing: nil)), hash)
    }
  }

  /// The stamp of a block that is used now. The span is told first: an entry with a stamp beyond it would look dead.
  private func stamp(_ slot: Int, _ residency: inout ReplicaResidency, replacing old: UInt32?) -> UInt32 {
    let stamp = residency.use(replacing: old)
    spans[slot].store(residency.span, ordering: .relaxed)
    return stamp
  }

  /// Puts an entry where nothing lives, else where something may give way. Twice lost to others, it is let go.
  private func write(_ entry: UInt64, _ hash: UInt64) {
    for _ in 0..<2 {
      let (place, found) = victim(for: hash, entry)
      if entries[place].compareExchange(expected: found, desired: entry, ordering: .relaxed).exchanged { return }
    }
  }

  private func victim(for hash: UInt64, _ entry: UInt64) -> (Int, UInt64) {
    let (first, second) = lines(hash)
    let key = hash & 0xFFF_FFFF
    var holders = 0
    var sameBlock = (-1, UInt64(0))
    // Which of several gives way is as good as random.
    let lot = BlockHash.avalanche(entry)
    var dead = (-1, UInt64(0))
    for offset in 0..<2 * Self.lineEntries {
      let place = place(offset, first, second)
      let found = entries[place].load(ordering: .relaxed)
      let isLive =
        found != 0
        && ReplicaResidency.isResident(
          UInt32(found & 0xFF_FFFF), in: spans[Int((found >> 24) & 0xFFF)].load(ordering: .relaxed))
      if !isLive {
        if dead.0 < 0 { dead = (place, found) }
      } else if found >> 36 == key {
        if (lot >> 8) % UInt64(holders + 1) == 0 { sameBlock = (place, found) }
        holders += 1
      }
    }
    if holders >= Self.holdersPerBlock { return sameBlock }
    if dead.0 >= 0 { return dead }
    let place = (lot & 1 == 0 ? first : second) + Int((lot >> 1) & UInt64(Self.lineEntries - 1))
    return (place, entries[place].load(ordering: .relaxed))
  }
}
