/// Finds the name that a misspelt one most likely meant.
enum EditDistance {
  /// The Levenshtein distance of two names; time and space grow with the product of their lengths.
  static func between(_ first: String, _ second: String) -> Int {
    let left = Array(first.utf8)
    let right = Array(second.utf8)
    var previous = Array(0...right.count)
    for (row, a) in left.enumerated() {
      var current = [row + 1]
      current.reserveCapacity(right.count + 1)
      for (column, b) in right.enumerated() {
        current.append(min(previous[column] + (a == b ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[right.count]
  }

  /// The candidate nearest to `name`, if it is near enough (a third of its length, at least two edits) to be meant.
  static func nearest(to name: String, among candidates: [String]) -> String? {
    let name = String(name.prefix(128))
    let best = candidates.map { (distance: between(name, $0), name: $0) }.min { $0.distance < $1.distance }
    guard let best, best.distance <= max(2, name.utf8.count / 3) else { return nil }
    return best.name
  }
}
