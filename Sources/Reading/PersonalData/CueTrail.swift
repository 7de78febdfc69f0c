/// Where words that say what a number is were last read, and a look at the words that follow.
struct CueTrail {
  /// The place past the last word of each kind that is remembered, by its bit.
  private var ends = SIMD16<Int32>(repeating: -4096)
  private let table: WordTable

  init(table: WordTable) { self.table = table }

  /// Remembers a word that ends at `end`.
  @inline(__always)
  mutating func note(_ kinds: WordKinds, end: Int) {
    var bits = kinds.rawValue & ((1 << UInt32(WordKinds.rememberedCount)) - 1)
    while bits != 0 {
      ends[bits.trailingZeroBitCount] = Int32(truncatingIfNeeded: end)
      bits &= bits - 1
    }
  }

  /// Whether a word of a kind ends within so many bytes before `index`.
  func has(_ kind: WordKinds, before index: Int, within reach: Int = 48) -> Bool {
    Int32(truncatingIfNeeded: index) &- ends[kind.rawValue.trailingZeroBitCount] <= Int32(reach)
  }

  /// Whether a word of a kind starts within `reach` bytes from `index` on.
  func has(_ kind: WordKinds, after index: Int, within reach: Int = 28, in text: TextBytes) -> Bool {
    var position = index
    while position < min(index + reach, text.count) {
      guard text.wordCharacter(position) > 0 else {
        position += 1
        continue
      }
      let end = text.wordEnd(position, limit: 32)
      if !table.kinds(text, position..<end).isDisjoint(with: kind) { return true }
      position = end
    }
    return false
  }

  /// Whether a word of a kind stands within reach on either side of a range.
  func has(_ kind: WordKinds, around range: Range<Int>, in text: TextBytes) -> Bool {
    has(kind, before: range.lowerBound) || has(kind, after: range.upperBound, in: text)
  }
}
