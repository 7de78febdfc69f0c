import Testing

@testable import Reading

@Suite("Names")
struct PersonalDataNameTests {
  private static let tagger = Result { try NameTagger.bundled() }

  private static func unescaped(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x") {
        bytes.append(UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16) ?? 0)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  @Test("words, features and sums are those of the trainer, bit by bit")
  func vectors() throws {
    let tagger = try Self.tagger.get()
    for line in nameVectors.split(separator: "\n", omittingEmptySubsequences: false) {
      let parts = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
      let text = Self.unescaped(parts[1])
      let words = text.withUnsafeBytes { tagger.words(of: $0) }
      let scores = tagger.scores(words)
      let printed = words.ranges.enumerated().map { index, range in
        let sums = (0..<NameLabel.count).map { label in
          String(Int((scores[index * NameLabel.count + label] / nameVectorScale).rounded()))
        }
        return "\(range.lowerBound)-\(range.upperBound)," + sums.joined(separator: ",")
      }
      #expect(printed.joined(separator: " ") == parts[0], "\(parts[1])")
    }
  }

  @Test("head and tagger together score words as the trainer does")
  func headVectors() throws {
    let tagger = try Self.tagger.get()
    let head = try NameHead.bundled(with: tagger)
    for line in nameHeadVectors.split(separator: "\n", omittingEmptySubsequences: false) {
      let parts = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
      let text = Self.unescaped(parts[1])
      let words = text.withUnsafeBytes { tagger.words(of: $0) }
      // Each word is a token with a made-up vector, but every fifth.
      let tokens = words.ranges.indices.filter { $0 % 5 != 4 }
      let vectors = tokens.flatMap { token in
        (0..<head.width).map { column in
          let value: Int = (token * 31 + column * 7) % 17 - 8
          return Float(value) / 8
        }
      }
      let scores = head.scores(
        words, vectors: vectors, starts: tokens.map { UInt32(words.ranges[$0].lowerBound) },
        ends: tokens.map { UInt32(words.ranges[$0].upperBound) })
      let expected: [Float] = parts[0].split { $0 == " " || $0 == "," }.compactMap { Float($0) }
      #expect(scores.count == expected.count, "\(parts[1])")
      for (score, other) in zip(scores, expected) { #expect(abs(score - other) < 0.01, "\(parts[1])") }
    }
  }

  @Test("a damaged file of the head is refused")
  func damagedHead() throws {
    let tagger = try Self.tagger.get()
    var file = Array("SWYNAMNN".utf8)
    func append(_ value: UInt32) { file += withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    // Two numbers a vector, one unit: 43 inputs of two bytes.
    for value: UInt32 in [1, 6, 4, 2, 1] { append(value) }
    for value: Float in [0.5, 0.9, 0.1, 0.001] { append(value.bitPattern) }
    file += [UInt8](repeating: 1, count: 86)
    for _ in 0..<12 { append(Float(0.25).bitPattern) }
    append(file.withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) })
    _ = try NameHead(modelBytes: file, tagger: tagger)
    for index in file.indices {
      var damaged = file
      damaged[index] ^= 4
      #expect(throws: WeightsFileError.self, "byte \(index)") { try NameHead(modelBytes: damaged, tagger: tagger) }
    }
    for count in file.indices {
      #expect(throws: WeightsFileError.self, "\(count) bytes") {
        try NameHead(modelBytes: Array(file[..<count]), tagger: tagger)
      }
    }
  }

  private static func found(_ type: PersonalDataType, _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    let tagger = try tagger.get()
    return bytes.withUnsafeBytes { tagger.find(in: $0) }.filter { $0.type == type && $0.confidence >= 0.5 }.map {
      String(decoding: bytes[$0.range], as: UTF8.self)
    }
  }

  @Test(
    "names in plain sentences are found",
    arguments: [
      ("My name is Margaret Thompson and I need help.", "Margaret Thompson"),
      ("Please write an email to Jonathan Keller.", "Jonathan Keller"),
      ("Mein Name ist Sabine Hoffmann.", "Sabine Hoffmann"),
      ("Best regards,\nPatricia", "Patricia"),
      ("Tell Kevin that I am late", "Kevin"),
    ])
  func people(_ text: String, _ name: String) throws {
    #expect(try Self.found(.person, text) == [name])
  }

  @Test(
    "texts without a name hold none",
    arguments: [
      "What is the derivative of f(x) = x^3?", "How do I sort a list in Python?", "State Ohm's law.",
      "HOW DO I RESET MY PASSWORD?", "import Foundation\nlet x = 3", "Will it rain in May?", "", "…", "123",
    ])
  func nobody(_ text: String) throws {
    #expect(try Self.found(.person, text) == [])
  }

  @Test(
    "the tagger is less sure of a word that stands alone",
    arguments: [
      ("What is the name of the largest structure at Teotihuacán and around how many platforms?", 0.9),
      ("stamps printed by the U. S. Postal Service", 0.9), ("An E. coli culture will grow", 0.9),
      ("When was the telescope invented by Galileo?", 0.92), ("She moved to Mexico last year", 0.92),
    ])
  func loneWords(_ text: String, _ most: Double) throws {
    let tagger = try Self.tagger.get()
    let spans = Array(text.utf8).withUnsafeBytes { tagger.find(in: $0) }
    #expect(spans.contains { $0.confidence > 0.5 })
    for span in spans { #expect(span.confidence <= most, "\(span)") }
    let name = "My name is Margaret Thompson and I need help."
    #expect(Array(name.utf8).withUnsafeBytes { tagger.find(in: $0) }.contains { $0.confidence > 0.95 })
  }

  @Test("a price is no house's number")
  func prices() throws {
    let found = try Self.found(.streetAddress, "Factory-installed equipment: Radio 95.50 Metallic paint 59.90")
    #expect(!found.contains { $0.contains("9") })
  }

  @Test("a damaged file is refused")
  func damage() throws {
    var file = Array("SWYNAMES".utf8)
    func append(_ value: UInt32) { file += withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    for value: UInt32 in [1, 6, 30, 2] { append(value) }
    append(Float(0.5).bitPattern)
    for value: UInt32 in [1, 0, 0, 77] { append(value) }
    file += [UInt8](repeating: 1, count: 12)
    append(file.withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) })
    _ = try NameTagger(modelBytes: file)
    for index in file.indices {
      var damaged = file
      damaged[index] ^= 4
      #expect(throws: WeightsFileError.self, "byte \(index)") { try NameTagger(modelBytes: damaged) }
    }
    for count in file.indices {
      #expect(throws: WeightsFileError.self, "\(count) bytes") { try NameTagger(modelBytes: Array(file[..<count])) }
    }
    #expect(throws: WeightsFileError(magic: "SWYNAMNN", problem: .anotherKind)) {
      try NameHead(modelBytes: file, tagger: Self.tagger.get())
    }
  }

  @Test("without vectors the head says what the tagger says")
  func noVectors() throws {
    let tagger = try Self.tagger.get()
    let head = try NameHead.bundled(with: tagger)
    #expect(head.layer == 4 && head.width == 384)
    let text = Array("My name is Margaret Thompson.".utf8)
    let alone = text.withUnsafeBytes { tagger.find(in: $0) }
    let both = text.withUnsafeBytes { head.find(in: $0, vectors: [], starts: [], ends: []) }
    #expect(alone.map(\.range) == both.map(\.range) && alone.map(\.type) == both.map(\.type))
  }

  @Test("vectors of tokens at any places are taken")
  func places() throws {
    let head = try NameHead.bundled(with: try Self.tagger.get())
    let text = Array("Ada Lovelace, 王小明".utf8)
    let tokens: [(UInt32, UInt32)] = [(0, 3), (4, 6), (4, 6), (6, 12), (13, 13), (14, 17), (14, 23), (90, 95)]
    let spans = text.withUnsafeBytes {
      head.find(
        in: $0, vectors: [Float](repeating: 0.1, count: tokens.count * head.width), starts: tokens.map(\.0),
        ends: tokens.map(\.1))
    }
    for span in spans { #expect(span.range.upperBound <= text.count && !span.range.isEmpty) }
  }

  @Test("a long text is read to the limit, and no word is cut")
  func limit() throws {
    let tagger = try Self.tagger.get()
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 100_000)
    #expect(text.withUnsafeBytes { tagger.words(of: $0).ranges } == [0..<100_000])
    let words = [UInt8](String(repeating: "word ", count: 20_000).utf8)
    #expect(words.withUnsafeBytes { tagger.words(of: $0).count } == (NameTagger.readLimit + 4) / 5)
  }
}
