/// The merges of a byte-pair vocabulary: two neighbouring tokens → their rank and the token they become.
struct BytePairMerges: Sendable {
  private var keys: [UInt64]
  private var values: [UInt64]
  private let mask: Int

  /// - Parameter merges: left, right and merged token, in the order of their rank; of equal pairs the last one counts.
  init(_ merges: [(left: UInt32, right: UInt32, merged: UInt32)]) {
    var capacity = 16
    while capacity < merges.count * 2 { capacity *= 2 }
    keys = [UInt64](repeating: .max, count: capacity)
    values = [UInt64](repeating: 0, count: capacity)
    mask = capacity - 1
    for (rank, merge) in merges.enumerated() {
      let key = UInt64(merge.left) << 32 | UInt64(merge.right)
      var slot = Self.slot(key) & mask
      while keys[slot] != .max, keys[slot] != key { slot = (slot + 1) & mask }
      keys[slot] = key
      values[slot] = UInt64(rank) << 32 | UInt64(merge.merged)
    }
  }

  @inline(__always)
  private static func slot(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: ((key ^ key >> 31) &* 0x9E37_79B9_7F4A_7C15) >> 24)
  }

  /// The rank in the high, the merged token in the low half; nil: the two do not merge.
  @inline(__always)
  func merge(_ left: UInt32, _ right: UInt32) -> UInt64? {
    let key = UInt64(left) << 32 | UInt64(right)
    var slot = Self.slot(key) & mask
    while keys[slot] != .max {
      if keys[slot] == key { return values[slot] }
      slot = (slot + 1) & mask
    }
    return nil
  }
}
