/// The memory that one search at a time works in: a bit an entry, two heaps, buffers of a block.
///
/// Unchecked: one thread at a time has it, between taking it from the index's stock and putting it back.
final class SearchScratch: @unchecked Sendable {
  var candidates = CandidateHeap(.likestFirst)
  var found = CandidateHeap(.unlikestFirst)
  let places = UnsafeMutablePointer<UInt32>.allocate(capacity: VectorStore.blockEntries)
  let likenesses = UnsafeMutablePointer<Float>.allocate(capacity: VectorStore.blockEntries)
  let halves: UnsafeMutablePointer<Int16>
  private var visited: UnsafeMutablePointer<UInt64>
  private var words = 0

  /// - Parameter width: numbers a stored vector takes.
  init(width: Int) {
    halves = .allocate(capacity: width)
    visited = .allocate(capacity: 0)
  }

  deinit {
    places.deallocate()
    likenesses.deallocate()
    halves.deallocate()
    visited.deallocate()
  }

  /// Forgets which places were visited; there are so many.
  func beginVisits(of count: Int) {
    let needed = (count + 63) / 64
    if needed > words {
      visited.deallocate()
      words = needed + needed / 4
      visited = .allocate(capacity: words)
    }
    visited.update(repeating: 0, count: needed)
  }

  /// Whether a place is visited for the first time.
  func visit(_ place: UInt32) -> Bool {
    let bit = UInt64(1) << UInt64(place % 64)
    let word = Int(place / 64)
    guard visited[word] & bit == 0 else { return false }
    visited[word] |= bit
    return true
  }
}
