/// A keyword compared with words, and with the whole text, by the character n-grams that they share.
///
/// Both sides are padded with `arity − 1` blanks at each end. With J = shared ÷ all n-grams (counted with their number),
/// similarity = 1 − (1 − J)², as the semantic router's n-gram library computes it:
///
///     J            0.1   0.25  0.5   0.75  1
///     similarity   0.19  0.44  0.75  0.94  1
struct NgramKeyword: Sendable {
  static let arities = 1...8

  private let grams: [UInt64]

  init(_ keyword: String, arity: Int, isCaseSensitive: Bool) {
    let bytes = isCaseSensitive ? Array(keyword.utf8) : CaseFolding.fold(keyword)
    grams = Self.grams(of: UTF8Text.scalars(of: bytes[...]), arity: arity)
  }

  /// Similarity with other n-grams, in 0…1.
  func similarity(to other: [UInt64]) -> Double {
    let shared = Self.shared(grams, other)
    let all = grams.count + other.count - shared
    guard all > 0 else { return 0 }
    let different = Double(all - shared) / Double(all)
    return 1 - different * different
  }

  /// The most that ``similarity(to:)`` can be with so many n-grams; to skip the comparison.
  func similarityBound(count: Int) -> Double {
    let larger = max(grams.count, count)
    guard larger > 0 else { return 0 }
    let different = 1 - Double(min(grams.count, count)) / Double(larger)
    return 1 - different * different
  }

  /// The n-grams of a padded text, hashed, sorted, repeated ones as often as they occur.
  static func grams(of scalars: [UInt32], arity: Int) -> [UInt64] {
    let pad = [UInt32](repeating: 0x20, count: arity - 1)
    let padded = pad + scalars + pad
    guard !scalars.isEmpty, padded.count >= arity else { return [] }
    var grams: [UInt64] = []
    grams.reserveCapacity(padded.count - arity + 1)
    for start in 0...padded.count - arity {
      // Three scalars fit their 21 bits each; longer n-grams are mixed (FNV-1a's prime).
      var gram: UInt64 = 0
      for scalar in padded[start..<start + arity] {
        gram = arity <= 3 ? gram << 21 | UInt64(scalar) : (gram ^ UInt64(scalar)) &* 0x100_0000_01B3
      }
      grams.append(gram)
    }
    return grams.sorted()
  }

  private static func shared(_ left: [UInt64], _ right: [UInt64]) -> Int {
    var shared = 0
    var leftIndex = 0
    var rightIndex = 0
    while leftIndex < left.count, rightIndex < right.count {
      let (one, other) = (left[leftIndex], right[rightIndex])
      if one == other { shared += 1 }
      if one <= other { leftIndex += 1 }
      if other <= one { rightIndex += 1 }
    }
    return shared
  }
}
