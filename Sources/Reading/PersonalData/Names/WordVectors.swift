/// The mean vectors of a text's words over the tokens that touch them. Holds a vector for each word that a token touches: no more
/// than the tokens' count and length allow.
struct WordVectors {
  private let width: Int
  /// Where a word's vector starts in ``means``; -1 where no token touches it.
  private var places: [Int]
  private var means: [Float] = []

  /// - Parameters:
  ///   - words: ranges of bytes, in rising order.
  ///   - vectors: `width` numbers a token.
  ///   - starts: the byte at which each token starts, in rising order.
  ///   - ends: the byte past each token.
  init(_ words: [Range<Int>], vectors: [Float], starts: [UInt32], ends: [UInt32], width: Int) {
    self.width = width
    places = [Int](repeating: -1, count: words.count)
    var firstToken = 0
    for (index, word) in words.enumerated() {
      while firstToken < ends.count, Int(ends[firstToken]) <= word.lowerBound { firstToken += 1 }
      var token = firstToken
      var tokens: Float = 0
      while token < starts.count, Int(starts[token]) < word.upperBound {
        if Int(ends[token]) > word.lowerBound {
          if tokens == 0 {
            places[index] = means.count
            means.append(contentsOf: vectors[token * width..<(token + 1) * width])
          } else {
            for column in 0..<width { means[places[index] + column] += vectors[token * width + column] }
          }
          tokens += 1
        }
        token += 1
      }
      guard tokens > 1 else { continue }
      for column in places[index]..<places[index] + width { means[column] /= tokens }
    }
  }

  /// Whether a token touches the word.
  func hasVector(_ word: Int) -> Bool { places[word] >= 0 }

  /// Appends a word's vector; zeros where it has none and beyond the text's ends.
  func append(_ word: Int, to target: inout [Float]) {
    if places.indices.contains(word), places[word] >= 0 {
      target.append(contentsOf: means[places[word]..<places[word] + width])
    } else {
      target.append(contentsOf: repeatElement(0, count: width))
    }
  }
}
