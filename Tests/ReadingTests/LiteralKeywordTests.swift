import Seeded
import Testing

@testable import Reading

@Suite("Literal keywords")
struct LiteralKeywordTests {
  private func finds(_ keyword: String, in text: String, caseSensitive: Bool = false) throws -> Bool {
    try LiteralKeywords([.init(text: keyword, isCaseSensitive: caseSensitive)]).found(in: Array(text.utf8)) == [true]
  }

  @Test("a keyword is found as a whole word only")
  func wholeWords() throws {
    #expect(try finds("think", in: "Think carefully about it"))
    #expect(try finds("think", in: "I think."))
    #expect(try finds("think", in: "think"))
    #expect(try !finds("think", in: "thinking of you"))
    #expect(try !finds("think", in: "rethink it"))
    #expect(try !finds("think", in: "think_tank"))
    #expect(try !finds("think", in: "think2"))
    #expect(try finds("think", in: "rethink it, then think"))
  }

  @Test(
    "words of every script have edges",
    arguments: [
      ("срочно", "это СРОЧНО нужно", "срочного"), ("عاجل", "هذا عاجل جدا", "عاجلة"), ("דחוף", "זה דחוף מאוד", "דחופה"),
      ("σοφός", "ο ΣΟΦΌΣ άνθρωπος", "σοφόςα"), ("über", "ÜBER alles", "überall"), ("café", "le Café noir", "cafés"),
      ("तुरंत", "यह तुरंत चाहिए", "तुरंतता"),
    ])
  func scripts(keyword: String, containing: String, other: String) throws {
    #expect(try finds(keyword, in: containing))
    #expect(try !finds(keyword, in: other))
  }

  @Test(
    "scripts written without spaces, and Hangul, are searched anywhere",
    arguments: [
      ("紧急", "这是紧急情况"), ("緊急", "これは緊急です"), ("カメラ", "新しいカメラを買う"), ("긴급", "긴급한 일입니다"),
      ("ด่วน", "เรื่องด่วนมาก"), ("ひらがな", "ひらがなで書く"),
    ])
  func unspaced(keyword: String, text: String) throws {
    #expect(try finds(keyword, in: text))
  }

  @Test("a Latin keyword is found between Han characters and before a Hangul particle")
  func mixedScripts() throws {
    #expect(try finds("python", in: "用Python写代码"))
    #expect(try finds("python", in: "python을 배우자"))
    #expect(try !finds("python", in: "用pythonic写"))
  }

  @Test("keywords of signs are found between spaces and not inside words")
  func signs() throws {
    #expect(try finds("c++", in: "I like C++ a lot"))
    #expect(try finds("c++", in: "learn c++"))
    #expect(try finds("c#", in: "c#, then Go"))
    #expect(try finds(".net", in: "the .NET runtime"))
    #expect(try finds("c++", in: "(c++)"))
    #expect(try !finds("c++", in: "abc++ is"))
    #expect(try !finds(".net", in: "example.net"))
    #expect(try !finds("c", in: "abc"))
  }

  @Test("a combining mark belongs to the word before it")
  func combiningMarks() throws {
    #expect(try !finds("cafe", in: "cafe\u{301} noir"))
    #expect(try finds("cafe", in: "cafe noir"))
  }

  @Test("case folding joins the variants of a letter, also those of another length")
  func caseFolding() throws {
    #expect(try finds("kelvin", in: "\u{212A}elvin"))
    #expect(try finds("ⱥb", in: "see Ⱥb there"))
    #expect(try finds("ΣΑΣ", in: "σας"))
    #expect(try !finds("think", in: "Think", caseSensitive: true))
    #expect(try finds("Think", in: "Think", caseSensitive: true))
  }

  @Test("many keywords, overlapping and repeated, are all found in one pass")
  func overlaps() throws {
    let keywords = ["new york", "york", "new", "new york city", "he", "she", "hers", "york"].map {
      LiteralKeywords.Keyword(text: $0, isCaseSensitive: false)
    }
    let found = try LiteralKeywords(keywords).found(in: Array("She saw New York".utf8))
    #expect(found == [true, true, true, false, false, true, false, true])
  }

  @Test("occurrences are counted without overlaps")
  func counts() throws {
    let keywords = LiteralKeywords.Keyword.self
    let matcher = try LiteralKeywords([
      keywords.init(text: "the", isCaseSensitive: false), keywords.init(text: "人人", isCaseSensitive: false),
    ])
    #expect(matcher.counts(in: Array("The cat, the dog; then 人人人人人".utf8)) == [2, 2])
  }

  @Test("broken UTF-8 neither crashes nor hides a keyword")
  func brokenText() throws {
    let matcher = try LiteralKeywords([.init(text: "think", isCaseSensitive: false)])
    #expect(matcher.found(in: [0xFF, 0xC3] + Array("think".utf8) + [0xE2, 0x82]) == [true])
    #expect(matcher.found(in: [0x80, 0xF0, 0x9F]) == [false])
    #expect(matcher.found(in: []) == [false])
  }

  @Test("the automaton finds what a plain search finds")
  func againstPlainSearch() throws {
    var random = SeededGenerator(seed: .random(in: 0 ... .max))
    let seed = random.seed
    for _ in 0..<200 {
      let keywords = Set((0..<8).map { _ in Self.text(length: 1...4, &random) }).sorted {
        $0.lexicographicallyPrecedes($1)
      }
      let text = Self.text(length: 0...60, &random)
      var found = Set<[Int]>()
      try text.withUnsafeBufferPointer { bytes in
        try KeywordAutomaton(keywords: keywords).forEachMatch(in: bytes) { keyword, range in
          found.insert([keyword, range.lowerBound, range.upperBound])
        }
      }
      var expected = Set<[Int]>()
      for (index, keyword) in keywords.enumerated() {
        for start in text.indices where text[start...].starts(with: keyword) {
          expected.insert([index, start, start + keyword.count])
        }
      }
      #expect(found == expected, "seed \(seed)")
    }
  }

  private static func text(length: ClosedRange<Int>, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: length, using: &random)).map { _ in UInt8.random(in: 0x61...0x63, using: &random) }
  }
}
