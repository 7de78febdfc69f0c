import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which replicas hold which blocks of tokens: a table of fixed size with an entry for each block that somebody holds.
///
/// An entry is 32 bytes, half a cache line: the block's key, and for each tier the replicas of a group of 64 slots that hold it, a
/// bit each. So what a lookup costs does not depend on how many hold the prompt. Entries stand in the first free place from that of
/// their key on (linear probing); what is taken out is closed up at once, so that nothing dead is ever passed.
///
/// **Threads**: one writes at a time, its caller sees to that; any number read meanwhile, by relaxed loads. Who reads just as an
/// entry moves may see another block's bits, or none, and then misjudges a replica for that one time.
final class TokenBlockTable: Sendable {
  /// The most slots.
  static let slotLimit = 4_096
  private static let groupSlots = 64
  private static let words = 4
  /// Bytes of a large page of most processors.
  private static let largePage = 2 << 20

  let byteCount: Int
  private let count: Int
  /// Groups of slots of which one has had blocks, a bit each.
  private let groups = Atomic<UInt64>(0)
  /// Safe to share: both never change, and what they point to is atomic.
  private nonisolated(unsafe) let entries: UnsafeMutablePointer<Atomic<UInt64>>
  private nonisolated(unsafe) let allocation: UnsafeMutableRawPointer

  /// - Parameter maximumEntries: blocks of all replicas together; more are the caller's mistake.
  /// - Throws: when the system has not got 32 bytes × 1.3 × `maximumEntries`. It gives pages as they are first written.
  init(maximumEntries: Int) throws(PrefixIndex.NoMemory) {
    count = max(64, maximumEntries) * 13 / 10
    byteCount = count * Self.words * 8
    let alignment = byteCount >= Self.largePage ? Self.largePage : 64
    guard let allocation = calloc(byteCount + alignment, 1) else { throw PrefixIndex.NoMemory(bytes: byteCount) }
    self.allocation = allocation
    let start = allocation.alignedUp(toMultipleOf: alignment)
    #if canImport(Glibc)
      // Lookups go all over the table: with small pages most of their time is that of finding pages.
      if alignment == Self.largePage { _ = madvise(start, byteCount, Int32(MADV_HUGEPAGE)) }
    #endif
    entries = start.bindMemory(to: Atomic<UInt64>.self, capacity: count * Self.words)
  }

  deinit { free(allocation) }

  /// What an entry's first word is: never 0, which is that of an empty one.
  @inline(__always) private static func name(_ key: UInt64, group: Int) -> UInt64 {
    (key ^ UInt64(group) &* 0x9E37_79B9_7F4A_7C15) | 1
  }

  /// The first place of an entry.
  @inline(__always) private func home(_ name: UInt64) -> Int {
    Int(truncatingIfNeeded: name.multipliedFullWidth(by: UInt64(truncatingIfNeeded: count)).high)
  }

  @inline(__always) private func next(_ place: Int) -> Int { place &+ 1 == count ? 0 : place &+ 1 }

  @inline(__always) private func load(_ place: Int, _ word: Int = 0) -> UInt64 {
    entries[place &* Self.words &+ word].load(ordering: .relaxed)
  }

  private func store(_ value: UInt64, _ place: Int, _ word: Int) {
    entries[place * Self.words + word].store(value, ordering: .releasing)
  }

  // MARK: Writing

  /// Says which tiers of the replica in this slot hold the block (``CacheTier/bit``); 0 takes it out.
  func set(_ key: UInt64, slot: Int, tiers: UInt64) {
    let group = slot / Self.groupSlots
    let name = Self.name(key, group: group)
    let bit: UInt64 = 1 << UInt64(slot % Self.groupSlots)
    var place = home(name)
    while true {
      let found = load(place)
      guard found == name || found == 0 else {
        place = next(place)
        continue
      }
      var held: UInt64 = 0
      for tier in CacheTier.allCases {
        let word = 1 + Int(tier.rawValue)
        let before = load(place, word)
        let after = tiers & tier.bit != 0 ? before | bit : before & ~bit
        if after != before { store(after, place, word) }
        held |= after
      }
      if found == 0 {
        if held != 0 {
          store(name, place, 0)
          groups.store(groups.load(ordering: .relaxed) | 1 << UInt64(group), ordering: .relaxed)
        }
      } else if held == 0 {
        closeUp(place)
      }
      return
    }
  }

  /// Takes the entry at a place out, and moves entries behind it that may stand nearer to their home.
  private func closeUp(_ place: Int) {
    var hole = place
    var at = place
    store(0, hole, 0)
    while true {
      at = next(at)
      let found = load(at)
      if found == 0 { break }
      // It may move if its home is at the hole or before it, seen from where it stands.
      if distance(from: home(found), to: at) >= distance(from: hole, to: at) {
        for word in 1..<Self.words { store(load(at, word), hole, word) }
        store(found, hole, 0)
        hole = at
        store(0, hole, 0)
      }
    }
    for word in 1..<Self.words { store(0, hole, word) }
  }

  private func distance(from start: Int, to end: Int) -> Int { end >= start ? end - start : end - start + count }

  // MARK: Reading

  /// How far ahead a block's line is asked for.
  private static let ahead = 24

  /// Has the line of an entry and the one behind it brought near. The loads are atomic, so they are not left out though nobody
  /// wants them.
  @inline(__always) private func ask(_ name: UInt64) {
    let place = home(name)
    _ = load(place)
    _ = load(min(place &+ 2, count &- 1))
  }

  /// Notes for each slot how many of the blocks it holds from the first on, without a gap. Ends at the first that nobody holds.
  func walk(_ keys: [UInt64], blockSize: Int, weights: TierWeights, into matches: inout TokenMatches) {
    var groups = groups.load(ordering: .relaxed)
    while groups != 0 {
      walk(keys, group: groups.trailingZeroBitCount, blockSize, weights, &matches)
      groups &= groups - 1
    }
  }

  private func walk(
    _ keys: [UInt64], group: Int, _ blockSize: Int, _ weights: TierWeights, _ matches: inout TokenMatches
  ) {
    let first = group * Self.groupSlots
    keys.withUnsafeBufferPointer { keys in
      for index in 0..<min(Self.ahead, keys.count) { ask(Self.name(keys[index], group: group)) }
      var holders = ~UInt64(0)
      var index = 0
      while index < keys.count {
        if index &+ Self.ahead < keys.count { ask(Self.name(keys[index &+ Self.ahead], group: group)) }
        let name = Self.name(keys[index], group: group)
        var place = home(name)
        var found = load(place)
        while found != name, found != 0 {
          place = next(place)
          found = load(place)
        }
        guard found == name else { break }
        let (gpu, cpu, disk) = (load(place, 1), load(place, 2), load(place, 3))
        let left = holders & (gpu | cpu | disk)
        if left != holders {
          if index > 0 { matches.end(holders & ~left, from: first, blocks: index) }
          holders = left
          if left == 0 { return }
        }
        if index == 0 { matches.begin(left, from: first, blockSize: blockSize) }
        let slow = left & ~gpu
        if slow != 0 { matches.lack(slow, from: first, cpu: cpu, weights) }
        index &+= 1
      }
      if index > 0 { matches.end(holders, from: first, blocks: index) }
    }
  }
}
