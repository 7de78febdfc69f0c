/// A keyword that also matches when misspelt: some run of as many words as it has is within a Levenshtein distance.
struct FuzzyKeyword: Sendable {
  /// The keyword's words, joined by blanks.
  private let scalars: [UInt32]
  private let letters: UInt64
  let wordCount: Int
  /// Edits allowed: the rule's threshold, but always fewer than half of the keyword's scalars, or short keywords would
  /// match nearly every short word (`of` is two edits from `AI`).
  let distance: Int

  /// nil when the keyword holds no word, or is longer than ``Words/longest`` scalars.
  init?(_ keyword: String, threshold: Int, isCaseSensitive: Bool) {
    let words = Words(Array(keyword.utf8), isCaseSensitive: isCaseSensitive).scalars
    let joined = Array(words.joined(separator: [0x20]))
    guard !joined.isEmpty, joined.count <= Words.longest else { return nil }
    scalars = joined
    letters = Self.letters(of: joined)
    wordCount = words.count
    distance = min(threshold, (joined.count - 1) / 2)
  }

  /// - Parameter words: of the text, split under the same case rule.
  /// - Complexity: O(words); a filter by length and letters leaves few to the O(distance × length) comparison.
  func isFound(in words: [[UInt32]]) -> Bool {
    guard words.count >= wordCount else { return false }
    for start in 0...words.count - wordCount {
      if wordCount == 1 {
        if isNear(words[start]) { return true }
      } else if isNear(Array(words[start..<start + wordCount].joined(separator: [0x20]))) {
        return true
      }
    }
    return false
  }

  private func isNear(_ word: [UInt32]) -> Bool {
    guard abs(word.count - scalars.count) <= distance else { return false }
    // An edit adds a letter, removes one, or does both, so it changes at most two bits.
    guard (Self.letters(of: word) ^ letters).nonzeroBitCount <= 2 * distance else { return false }
    return EditDistance.isWithin(distance, scalars, word)
  }

  private static func letters(of scalars: [UInt32]) -> UInt64 {
    scalars.reduce(0) { $0 | 1 << UInt64($1 & 63) }
  }
}
