import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which replica holds which block of tokens: a table of fixed size with one entry of 8 bytes for each block of each replica.
///
/// An entry has 48 bits of the block's key, 12 of the replica's slot, and 3 for the tiers that hold it. A key's entries
/// stand from the beginning of its line of 8 (a cache line) on, in the next free places (linear probing); what is taken out is
/// closed up at once, so that nothing dead is ever passed. Two blocks whose keys agree in 48 bits are taken for one: that
/// happens to one lookup in a hundred million at a million entries.
///
/// **Threads**: one writes at a time, its caller sees to that; any number read meanwhile, by relaxed loads. Who reads just as an
/// entry moves may miss it, and then takes its replica for holding less for that one time.
final class TokenBlockTable: Sendable {
  /// The most slots.
  static let slotLimit = 4_096
  private static let lineEntries = 8

  /// Entries that it is made for; more are the caller's mistake.
  let maximumEntries: Int
  let byteCount: Int
  private let mask: Int
  private let lineMask: UInt64
  /// Safe to share: both never change, and what they point to is atomic.
  private nonisolated(unsafe) let entries: UnsafeMutablePointer<Atomic<UInt64>>
  private nonisolated(unsafe) let allocation: UnsafeMutableRawPointer

  /// - Throws: when the system has not got 8 bytes × the next power of two above 1.6 × `maximumEntries`. It gives pages as
  ///   they are first written.
  init(maximumEntries: Int) throws(PrefixIndex.NoMemory) {
    self.maximumEntries = max(64, maximumEntries)
    var count = 128
    while count * 10 < self.maximumEntries * 16 { count *= 2 }
    mask = count - 1
    lineMask = UInt64(count / Self.lineEntries - 1)
    byteCount = count * 8
    guard let allocation = calloc(byteCount + 64, 1) else { throw PrefixIndex.NoMemory(bytes: byteCount) }
    self.allocation = allocation
    entries = allocation.alignedUp(toMultipleOf: 64).bindMemory(to: Atomic<UInt64>.self, capacity: count)
  }

  deinit { free(allocation) }

  // 48 bits of the key, 12 of the slot, one that is always set, 3 of the tiers.
  private static let used: UInt64 = 8

  @inline(__always) private func entry(_ key: UInt64, _ slot: Int) -> UInt64 {
    key & ~0xFFFF | UInt64(slot) << 4 | Self.used
  }

  @inline(__always) private func home(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key >> 16) & lineMask) &* Self.lineEntries
  }

  @inline(__always) private func load(_ place: Int) -> UInt64 { entries[place].load(ordering: .relaxed) }

  // MARK: Writing

  /// Says which tiers of the replica in this slot hold the block; 0 takes it out.
  func set(_ key: UInt64, slot: Int, tiers: UInt64) {
    let wanted = entry(key, slot)
    var place = home(key)
    while true {
      let found = load(place)
      if found == 0 {
        if tiers != 0 { entries[place].store(wanted | tiers, ordering: .relaxed) }
        return
      }
      if found & ~TokenBlockHash.tierMask == wanted {
        if tiers != 0 { entries[place].store(wanted | tiers, ordering: .relaxed) } else { closeUp(place) }
        return
      }
      place = (place &+ 1) & mask
    }
  }

  /// Takes the entry at a place out, and moves entries behind it that may stand nearer to their line.
  private func closeUp(_ place: Int) {
    var hole = place
    var next = place
    while true {
      next = (next &+ 1) & mask
      let found = load(next)
      if found == 0 { break }
      // It may move if its line begins at the hole or before it, seen from where it stands.
      if (next &- home(found)) & mask >= (next &- hole) & mask {
        entries[hole].store(found, ordering: .relaxed)
        hole = next
      }
    }
    entries[hole].store(0, ordering: .relaxed)
  }

  // MARK: Reading

  /// Blocks whose lines are asked for ahead.
  private static let ahead = 12

  /// Notes for each slot how many of the blocks it holds from the first on, without a gap. Ends at the first that nobody holds.
  func walk(_ keys: [UInt64], blockSize: Int, weights: TierWeights, into matches: inout TokenMatches) {
    let lacking = weights.lacking
    let number = matches.number
    let size = UInt32(blockSize)
    keys.withUnsafeBufferPointer { keys in
      matches.withSlots { slots in
        var asked = 0
        for index in 0..<keys.count {
          if index == asked {
            asked = min(index + Self.ahead, keys.count)
            // The loads are atomic, so they are not left out though nobody wants them.
            for next in index..<asked { _ = load(home(keys[next])) }
          }
          guard note(keys[index], index, size, number, lacking, slots) else { return }
        }
      }
    }
  }

  /// - Returns: whether somebody holds this block and all before.
  @inline(__always) private func note(
    _ key: UInt64, _ index: Int, _ size: UInt32, _ number: UInt32, _ lacking: InlineArray<8, Float>,
    _ slots: UnsafeMutableBufferPointer<TokenMatches.Slot>
  ) -> Bool {
    var place = home(key)
    var isHeld = false
    while true {
      let found = load(place)
      if found == 0 { return isHeld }
      if (found ^ key) >> 16 == 0 {
        let slot = Int(truncatingIfNeeded: found >> 4) & (Self.slotLimit - 1)
        let tiers = Int(truncatingIfNeeded: found & TokenBlockHash.tierMask)
        if slot < slots.count {
          if index == 0 {
            slots[slot] = TokenMatches.Slot(number: number, blocks: 1, lacking: lacking[tiers], blockSize: size)
            isHeld = true
          } else if slots[slot].blocks == UInt32(truncatingIfNeeded: index), slots[slot].number == number,
            slots[slot].blockSize == size
          {
            slots[slot].blocks &+= 1
            if tiers & 1 == 0 { slots[slot].lacking += lacking[tiers] }
            isHeld = true
          }
        }
      }
      place = (place &+ 1) & mask
    }
  }
}
