#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Finds what a dialect says of a name, without making a text of it: open addressing over FNV-1a hashes, at most half full.
struct MetricNameTable: Sendable {
  /// What a line of the page is part of.
  struct Entry: Sendable {
    enum Part: Sendable { case value, bucket, sum, count }

    let name: [UInt8]
    let meaning: EngineDialect.Meaning
    let part: Part
    /// The place of its row: of two names for one thing the lower counts.
    let rank: Int
  }

  private let entries: [Entry]
  /// Places in ``entries`` plus one; 0 is free.
  private let slots: [UInt16]

  init(_ rows: [EngineDialect.Row]) {
    var entries: [Entry] = []
    for (rank, row) in rows.enumerated() {
      if case .histogram = row.meaning {
        let parts: [(String, Entry.Part)] = [("_bucket", .bucket), ("_sum", .sum), ("_count", .count)]
        for (suffix, part) in parts {
          entries.append(Entry(name: Array((row.name + suffix).utf8), meaning: row.meaning, part: part, rank: rank))
        }
      } else {
        entries.append(Entry(name: Array(row.name.utf8), meaning: row.meaning, part: .value, rank: rank))
      }
    }
    var size = 16
    while size < 2 * entries.count { size *= 2 }
    var slots = [UInt16](repeating: 0, count: size)
    for (index, entry) in entries.enumerated() {
      var slot = entry.name.withUnsafeBytes { Self.hash($0) } & (size - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = UInt16(index + 1)
    }
    self.entries = entries
    self.slots = slots
  }

  /// Of two equal names the first row's.
  func entry(_ name: UnsafeRawBufferPointer) -> Entry? {
    guard let start = name.baseAddress else { return nil }
    var slot = Self.hash(name) & (slots.count - 1)
    while slots[slot] != 0 {
      let place = Int(slots[slot]) - 1
      let isSame = entries[place].name.withUnsafeBufferPointer { known in
        known.count == name.count && known.baseAddress.map { memcmp($0, start, name.count) == 0 } ?? false
      }
      if isSame { return entries[place] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash & 0x7FFF_FFFF)
  }
}
