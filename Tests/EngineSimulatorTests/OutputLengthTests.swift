import Testing

@testable import EngineSimulator

@Suite("Length of answers")
struct OutputLengthTests {
  @Test("buckets are equal up to 101 tokens and stretch the fourth beyond")
  func buckets() {
    #expect(
      (0..<5).map { OutputLength.bounds(ofBucket: $0, maximum: 101) } == [1...20, 21...40, 41...60, 61...80, 81...100])
    #expect(
      (0..<5).map { OutputLength.bounds(ofBucket: $0, maximum: 1000) } == [
        1...20, 21...40, 41...60, 61...980, 981...1000,
      ])
    #expect((0..<5).map { OutputLength.bounds(ofBucket: $0, maximum: 7) } == [1...1, 2...2, 3...3, 4...4, 5...6])
  }

  @Test("the shares are 20, 30, 20, 5, 10 and, for the maximum, 15 percent")
  func shares() {
    let seed: UInt64 = 42
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<20_000 {
      let length = OutputLength.histogram(maximum: 101, random: &random)
      counts[length == 101 ? 5 : (length - 1) / 20] += 1
    }
    for (count, share) in zip(counts, [0.2, 0.3, 0.2, 0.05, 0.1, 0.15]) {
      #expect(abs(Double(count) / 20_000 - share) < 0.012)
    }
  }

  @Test("small maxima are kept")
  func small() {
    var random = SeededRandom(seed: 1)
    #expect(OutputLength.histogram(maximum: 1, random: &random) == 1)
    #expect((0..<200).allSatisfy { _ in (1...6).contains(OutputLength.histogram(maximum: 6, random: &random)) })
    #expect((0..<200).allSatisfy { _ in (1...7).contains(OutputLength.histogram(maximum: 7, random: &random)) })
  }

  @Test("without a maximum the length is normal around 40 within the window")
  func normal() {
    let seed: UInt64 = 9
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let lengths = (0..<5000).map { _ in OutputLength.normal(limit: 128, random: &random) }
    #expect(lengths.allSatisfy { (1...128).contains($0) })
    let mean = Double(lengths.reduce(0, +)) / 5000
    #expect(abs(mean - 41) < 1.5)
    #expect((0..<100).allSatisfy { _ in (1...5).contains(OutputLength.normal(limit: 5, random: &random)) })
    #expect(OutputLength.normal(limit: 0, random: &random) == 1)
  }

  @Test("random text has as many tokens as were asked for")
  func text() {
    var random = SeededRandom(seed: 5)
    for count in [0, 1, 7, 100] {
      let tokens = RandomText.tokens(count: count, random: &random)
      #expect(tokens.count == count)
      #expect(DummyTokenizer.tokens(tokens.joined()) == tokens)
    }
  }
}

@Suite("Tokenizer")
struct DummyTokenizerTests {
  @Test(
    "words and marks keep the space behind them",
    arguments: [
      ("Hello, world!", ["Hello", ", ", "world", "!"]),
      ("f(x) = x^3?", ["f", "(", "x", ") ", "= ", "x", "^", "3", "?"]),
      ("foo_bar _x", ["foo_bar ", "_", "x"]),
      ("  two\n\nlines ", ["  ", "two\n\n", "lines "]),
      ("Grüße, 你好`", ["Grüße", ", ", "你好", "`"]),
      ("", []),
    ])
  func tokens(text: String, tokens: [String]) {
    #expect(DummyTokenizer.tokens(text) == tokens)
  }

  @Test("a token's number is the FNV-1a hash of its bytes")
  func identifiers() {
    // Reference values of the hash's authors: "a" and "foobar".
    #expect(DummyTokenizer.identifiers(Array("a".utf8)) == [0xE40C_292C])
    #expect(DummyTokenizer.identifiers(Array("foobar".utf8)) == [0xBF9C_F968])
  }
}
