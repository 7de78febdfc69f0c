import Foundation
import Testing

@testable import TextEncoder

/// Small random models of every kind against a float64 reference (training/reference).
@Suite("Transformer encoders")
struct EncoderTests {
  private static let names = ["bert-sequence", "bert-token", "bert-adapter", "modernbert-sequence", "modernbert-token"]

  @Test("vectors and probabilities are those of the reference, to int8 precision", arguments: names)
  func reference(name: String) throws {
    let model = try Fixtures.packed(name)
    for instructions in InstructionSet.allCases where instructions.isAvailable {
      let encoder = try TransformerEncoder(model, instructions: instructions)
      let workspace = encoder.makeWorkspace()
      for line in try Fixtures.lines("\(name)/expected.tsv") {
        let parts = line.split(separator: "\t")
        let ids: [UInt32] = Fixtures.numbers(parts[0])
        encoder.run(ids, capturing: 1, workspace)
        let place = "\(name), \(instructions.rawValue), \(ids.count) tokens"
        #expect(
          Fixtures.cosine(encoder.pooled(rows: ids.count, workspace), Fixtures.numbers(parts[1])) > 0.995, "\(place)")
        let captured = encoder.vectors(0..<ids.count, .captured, workspace)
        #expect(Fixtures.cosine(captured, Fixtures.numbers(parts[2])) > 0.998, "\(place)")
        let probabilities = encoder.probabilities(rows: ids.count, workspace).flatMap { $0 }
        let expected: [Float] = Fixtures.numbers(parts[3])
        #expect(probabilities.count == expected.count)
        let differences = zip(probabilities, expected).map { abs($0 - $1) }
        #expect((differences.max() ?? 1) < 0.4, "\(place): \(differences.max() ?? 1)")
        #expect(differences.reduce(0, +) / Float(differences.count) < 0.04, "\(place)")
      }
    }
  }

  @Test("labels and the head's kind come from the folder")
  func labels() throws {
    let encoder = try TransformerEncoder(Fixtures.packed("bert-token"))
    #expect(encoder.labels == ["O", "B-PERSON", "I-PERSON"])
    #expect(encoder.scoresTokens)
    #expect(try !TransformerEncoder(Fixtures.packed("modernbert-sequence")).scoresTokens)
  }

  @Test("tokens go through the products in blocks of nearly equal size, each once", arguments: [1, 64, 65, 150, 512])
  func blocks(rows: Int) {
    var next = 0
    var counts: [Int] = []
    EncoderWorkspace.inBlocks(rows) { first, count in
      #expect(first == next)
      next += count
      counts.append(count)
    }
    #expect(next == rows)
    #expect(counts.count == (rows + 63) / 64)
    #expect((counts.max() ?? 0) <= 64 && (counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
  }

  @Test("a text longer than the window is read in windows, each token once")
  func windows() throws {
    let encoder = try TransformerEncoder(Fixtures.packed("bert-token"))
    let workspace = encoder.makeWorkspace()
    let text = Array(String(repeating: "a long text about many things. ", count: 40).utf8)
    let options = EncodingOptions(window: 32, overlap: 8, windowBudget: 1000, capturedLayer: 1)
    let encoded = try #require(text.withUnsafeBytes { encoder.encode($0, options, workspace) })
    #expect(encoded.isWhole)
    #expect(encoded.windows.count > 5)
    #expect(encoded.ownTokens == Array(0..<encoded.tokens.count))
    #expect(encoded.captured.count == encoded.tokens.count * 32)
    #expect(encoded.probabilities.count == encoded.tokens.count)
    #expect(encoded.embedding.count == 32)
    #expect(encoded.windowEmbeddings.count == encoded.windows.count)
    // A window's vector is that of its text alone.
    let first = Array(text[..<Int(encoded.tokens.ends[encoded.windows[0].upperBound - 1])])
    let alone = try #require(first.withUnsafeBytes { encoder.encode($0, options, workspace) })
    #expect(alone.windows == [encoded.windows[0]])
    #expect(alone.windowEmbeddings == [encoded.windowEmbeddings[0]])
    #expect(alone.embedding == alone.windowEmbeddings[0])

    var few = options
    few.windowBudget = 3
    let partial = try #require(text.withUnsafeBytes { encoder.encode($0, few, workspace) })
    #expect(partial.windows.count == 3)
    #expect(!partial.isWhole)
    #expect(partial.windows.last?.upperBound == partial.tokens.count)
  }

  @Test("a reading whose time is over gives the windows read by then: the start, the end, then the middle")
  func cutShort() throws {
    let encoder = try TransformerEncoder(Fixtures.packed("bert-token"))
    let workspace = encoder.makeWorkspace()
    let text = Array(String(repeating: "a long text about many things. ", count: 40).utf8)
    let options = EncodingOptions(window: 32, overlap: 8, windowBudget: 8, capturedLayer: 1)
    let whole = try #require(text.withUnsafeBytes { encoder.encode($0, options, workspace) })
    #expect(whole.windows.count == 8)
    #expect(!whole.isCutShort)
    var asked = 0
    let cut = try #require(
      text.withUnsafeBytes { bytes in
        encoder.encode(bytes, options, workspace) {
          asked += 1
          return asked > 3
        }
      })
    #expect(cut.isCutShort)
    #expect(cut.plannedWindows == 8)
    #expect(cut.windows == [whole.windows[0], whole.windows[3], whole.windows[7]])
    #expect(cut.windowEmbeddings == [0, 3, 7].map { whole.windowEmbeddings[$0] })
    #expect(cut.ownTokens.count * 32 == cut.captured.count)
    #expect(cut.ownTokens.count == cut.probabilities.count)
    #expect(cut.ownTokens == cut.ownTokens.sorted())
    #expect(cut.ownTokens.first == 0)
    #expect(cut.ownTokens.last == cut.tokens.count - 1)
    #expect(cut.embedding.contains { $0 != 0 })
    #expect(cut.embedding != whole.embedding)
  }

  @Test("an empty text has a vector; a reading that is over before it began has none")
  func edges() throws {
    let encoder = try TransformerEncoder(Fixtures.packed("bert-sequence"))
    let workspace = encoder.makeWorkspace()
    let empty: [UInt8] = []
    let encoded = empty.withUnsafeBytes { encoder.encode($0, EncodingOptions(), workspace) }
    #expect(encoded?.embedding.count == 32)
    #expect(empty.withUnsafeBytes { encoder.encode($0, EncodingOptions(), workspace) { true } } == nil)
  }

  @Test("the real model's vectors of paraphrases are near, those of other questions far")
  func realModel() throws {
    guard let model = try Fixtures.realPacked() else {
      print("skipped: set SWITCHYARD_TEST_MODEL to a folder of all-MiniLM-L6-v2, or run `make bench ONLY=reading` once")
      return
    }
    let encoder = try TransformerEncoder(model)
    #expect(encoder.configuration.longestInput == 256)
    let workspace = encoder.makeWorkspace(capacity: 64)
    func vector(_ text: String) throws -> [Float] {
      try #require(Array(text.utf8).withUnsafeBytes { encoder.encode($0, EncodingOptions(), workspace) }).embedding
    }
    let question = try vector("How do I bake bread at home?")
    #expect(Fixtures.cosine(question, try vector("What is the way to make homemade bread?")) > 0.75)
    #expect(Fixtures.cosine(question, try vector("What is the derivative of x squared?")) < 0.2)
  }
}
