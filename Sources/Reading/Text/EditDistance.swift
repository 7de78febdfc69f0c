/// Levenshtein distance with a bound.
enum EditDistance {
  /// Whether `left` becomes `right` by at most `bound` insertions, removals and replacements of a scalar.
  ///
  /// - Complexity: O(bound × length): only the diagonal band that can stay within the bound is filled (Ukkonen, 1985).
  static func isWithin(_ bound: Int, _ left: [UInt32], _ right: [UInt32]) -> Bool {
    guard bound >= 0, abs(left.count - right.count) <= bound else { return false }
    if right.isEmpty { return true }
    if bound == 0 { return left == right }
    let tooFar = bound + 1
    var row = (0...right.count).map { min($0, tooFar) }
    for (index, scalar) in left.enumerated() {
      let first = max(1, index + 1 - bound)
      let last = min(right.count, index + 1 + bound)
      guard first <= last else { return false }
      var diagonal = row[first - 1]
      row[first - 1] = first == 1 ? min(index + 1, tooFar) : tooFar
      var least = row[first - 1]
      for column in first...last {
        let above = column == index + 1 + bound ? tooFar : row[column]
        let replaced = diagonal + (right[column - 1] == scalar ? 0 : 1)
        diagonal = row[column]
        row[column] = min(replaced, above + 1, row[column - 1] + 1, tooFar)
        least = min(least, row[column])
      }
      if least > bound { return false }
    }
    return row[right.count] <= bound
  }
}
