/// The symbols of one word while their pairs are merged: always the pair of the lowest rank, of equals the leftmost.
///
/// Symbols form a linked list, candidate pairs a heap: n log n for a word of n symbols, so that a text without any
/// border (which some tokenizers read as one word) costs no square.
struct BytePairWord {
  private struct Symbol {
    var id: UInt32
    var start: UInt32
    var end: UInt32
    var previous: Int32
    /// -1: the last one; a symbol that was merged into its left neighbour has `isGone`.
    var next: Int32
    var isGone = false
  }

  private struct Candidate {
    /// Rank, then place: what the heap is ordered by.
    var order: UInt64
    var merged: UInt32
  }

  private var symbols: [Symbol] = []
  private var heap: [Candidate] = []

  mutating func removeAll() {
    symbols.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
  }

  mutating func append(_ id: UInt32, _ start: UInt32, _ end: UInt32) {
    let index = Int32(symbols.count)
    if index > 0 { symbols[Int(index) - 1].next = index }
    symbols.append(Symbol(id: id, start: start, end: end, previous: index - 1, next: -1))
  }

  mutating func merge(_ merges: BytePairMerges) {
    for index in symbols.indices.dropLast() { consider(index, merges) }
    while let candidate = pop() {
      let index = Int(candidate.order & 0xFFFF_FFFF)
      guard !symbols[index].isGone, symbols[index].next >= 0 else { continue }
      let right = Int(symbols[index].next)
      guard let merge = merges.merge(symbols[index].id, symbols[right].id),
        UInt32(truncatingIfNeeded: merge) == candidate.merged
      else { continue }
      symbols[index].id = candidate.merged
      symbols[index].end = symbols[right].end
      symbols[index].next = symbols[right].next
      symbols[right].isGone = true
      if symbols[right].next >= 0 { symbols[Int(symbols[right].next)].previous = Int32(index) }
      if symbols[index].previous >= 0 { consider(Int(symbols[index].previous), merges) }
      if symbols[index].next >= 0 { consider(index, merges) }
    }
  }

  /// Hands over the tokens with the ranges they cover.
  func forEachToken(_ body: (UInt32, UInt32, UInt32) -> Void) {
    for symbol in symbols where !symbol.isGone { body(symbol.id, symbol.start, symbol.end) }
  }

  private mutating func consider(_ index: Int, _ merges: BytePairMerges) {
    guard let merge = merges.merge(symbols[index].id, symbols[Int(symbols[index].next)].id) else { return }
    push(Candidate(order: merge & ~0xFFFF_FFFF | UInt64(index), merged: UInt32(truncatingIfNeeded: merge)))
  }

  private mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].order < heap[parent].order else { break }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  private mutating func pop() -> Candidate? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    if heap.isEmpty { return top }
    heap[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].order < heap[least].order {
        least = child
      }
      if least == index { return top }
      heap.swapAt(index, least)
      index = least
    }
  }
}
