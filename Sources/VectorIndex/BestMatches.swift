/// The best matches so far, at most so many, each id once.
struct BestMatches {
  private(set) var matches: [VectorMatch] = []
  private let limit: Int
  /// The likeness below which a match is of no use.
  private(set) var floor: Float

  /// - Parameters:
  ///   - limit: at least 1.
  ///   - threshold: the least likeness wanted.
  init(limit: Int, threshold: Float) {
    self.limit = limit
    floor = threshold
    matches.reserveCapacity(min(limit, 64) + 1)
  }

  mutating func add(_ match: VectorMatch) {
    guard match.likeness >= floor else { return }
    if let place = matches.firstIndex(where: { $0.id == match.id }) {
      guard VectorMatch.precedes(match, matches[place]) else { return }
      matches.remove(at: place)
    }
    var low = 0
    var high = matches.count
    while low < high {
      let middle = (low + high) / 2
      if VectorMatch.precedes(matches[middle], match) { low = middle + 1 } else { high = middle }
    }
    matches.insert(match, at: low)
    if matches.count > limit { matches.removeLast() }
    if matches.count == limit, let last = matches.last { floor = max(floor, last.likeness) }
  }
}
