/// Finds the name that a misspelt one most likely meant.
enum EditDistance {
  /// How many letters must be inserted, removed, replaced or exchanged with their neighbour to make one name of the other
  /// (Damerau and Levenshtein's distance in its restricted form: no letter is edited twice). Time grows with the product of
  /// the lengths, space with the second.
  ///
  /// | from | to | distance |
  /// |---|---|---|
  /// | `modle` | `model` | 1 |
  /// | `modle` | `mode` | 1 |
  /// | `prot` | `port` | 1 |
  /// | `ca` | `abc` | 3 |
  static func between(_ first: String, _ second: String) -> Int {
    let left = Array(first.utf8)
    let right = Array(second.utf8)
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for (row, a) in left.enumerated() {
      var current = [row + 1]
      current.reserveCapacity(right.count + 1)
      for (column, b) in right.enumerated() {
        var best = min(previous[column] + (a == b ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, a == right[column - 1], left[row - 1] == b {
          best = min(best, beforePrevious[column - 1] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }

  /// The candidate nearest to `name`, if it is near enough (a third of its length, at least two edits) to be meant. Of
  /// several equally near the one whose length differs least is taken, then the first.
  static func nearest(to name: String, among candidates: [String]) -> String? {
    let name = String(name.prefix(128))
    let length = name.utf8.count
    let best = candidates.map { candidate in
      (distance: between(name, candidate), difference: abs(candidate.utf8.count - length), name: candidate)
    }.min { ($0.distance, $0.difference) < ($1.distance, $1.difference) }
    guard let best, best.distance <= max(2, length / 3) else { return nil }
    return best.name
  }
}
