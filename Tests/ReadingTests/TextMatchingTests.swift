import Seeded
import Testing

@testable import Reading

@Suite("Stemming, edit distance, n-grams and words")
struct TextMatchingTests {
  @Test(
    "forms of an English word have one stem",
    arguments: [
      ["derive", "derives", "derived", "deriving"], ["calculation", "calculate", "calculating", "calculations"],
      ["hop", "hopping", "hopped", "hops"], ["file", "files", "filing", "filed"], ["city", "cities"],
      ["happy", "happiness"], ["agree", "agreed", "agrees"], ["class", "classes"], ["fall", "falling"],
    ])
  func stems(forms: [String]) {
    let stems = Set(forms.map { EnglishStemmer.stem(Array($0.utf8)) })
    #expect(stems.count == 1, "\(stems.map { String(decoding: $0, as: UTF8.self) })")
  }

  @Test("words that are no English or too short stay as they are", arguments: ["ss", "größe", "c3po", "a", ""])
  func unstemmed(word: String) {
    #expect(EnglishStemmer.stem(Array(word.utf8)) == Array(word.utf8))
  }

  @Test("the bounded distance agrees with the full one")
  func distance() {
    var random = SeededGenerator(seed: .random(in: 0 ... .max))
    let seed = random.seed
    for _ in 0..<2000 {
      let left = (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt32.random(in: 97...99, using: &random) }
      let right = (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt32.random(in: 97...99, using: &random) }
      let full = Self.levenshtein(left, right)
      for bound in 0...4 {
        #expect(EditDistance.isWithin(bound, left, right) == (full <= bound), "seed \(seed): \(left) \(right) \(bound)")
      }
    }
  }

  private static func levenshtein(_ left: [UInt32], _ right: [UInt32]) -> Int {
    var row = Array(0...right.count)
    for (index, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let next = min(diagonal + (right[column] == scalar ? 0 : 1), row[column] + 1, row[column + 1] + 1)
        diagonal = row[column + 1]
        row[column + 1] = next
      }
    }
    return row[right.count]
  }

  @Test("n-gram similarity is one for equal words, none for strangers, and follows its formula between")
  func similarity() {
    func similarity(_ left: String, _ right: String) -> Double {
      NgramKeyword(left, arity: 3, isCaseSensitive: false)
        .similarity(to: NgramKeyword.grams(of: right.unicodeScalars.map(\.value), arity: 3))
    }
    #expect(similarity("think", "think") == 1)
    #expect(similarity("think", "mango") == 0)
    // 5 shared of 12: 1 − (7/12)²
    #expect(abs(similarity("think", "thinking") - 0.659_722) < 1e-6)
    #expect(similarity("think", "") == 0)
  }

  @Test("a text splits into words, and into characters where no spaces are written")
  func words() {
    let words = Words(Array("Don't über_x 中文ab!".utf8), isCaseSensitive: false)
    #expect(
      words.ranges.map { String(decoding: words.text[$0], as: UTF8.self) } == ["don", "t", "über_x", "中", "文", "ab"])
    #expect(Words(Array(String(repeating: "x", count: 65).utf8), isCaseSensitive: false).ranges.isEmpty)
  }

  @Test("decimals round to two places", arguments: [(0.305, "0.31"), (0.5, "0.50"), (1, "1.00"), (0.004, "0.00")])
  func decimals(number: Double, text: String) {
    #expect(Decimals.two(number) == text)
  }
}
