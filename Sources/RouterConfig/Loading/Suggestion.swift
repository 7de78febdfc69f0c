/// Finds what somebody probably meant to write.
enum Suggestion {
  /// The candidate nearest to `name`: at most 3 edits away and at most a third of its length, the first on ties.
  static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let limit = min(3, name.unicodeScalars.count / 3)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates where candidate != name {
      let distance = editDistance(name.lowercased(), candidate.lowercased(), limit: limit)
      if let distance, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
  }

  /// Levenshtein's distance in Unicode scalars; nil above `limit`.
  static func editDistance(_ left: String, _ right: String, limit: Int) -> Int? {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    guard abs(left.count - right.count) <= limit else { return nil }
    var row = Array(0...right.count)
    for (i, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let substituted = diagonal + (scalar == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
      }
    }
    let distance = row[right.count]
    return distance <= limit ? distance : nil
  }
}
