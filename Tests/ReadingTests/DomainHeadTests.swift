import Testing
import TextEncoder

@testable import Reading

/// One read of the bundled head for all tests of this file.
private let bundled = Result { try DomainHead.bundled() }

@Suite("The domain head") struct DomainHeadTests {
  @Test("it gives the trainer's scores", arguments: DomainHeadVectors.rows.indices)
  func vectors(index: Int) throws {
    let row = DomainHeadVectors.rows[index]
    let head = try bundled.get()
    let inputs = (0..<3).map { part in row.inputs[part * head.width..<(part + 1) * head.width].map(Float.init) }
    let got = try #require(head.scores(inputs: inputs))
    let best = row.scores[..<14].max() ?? 0
    for (got, wanted) in zip(got.labels + [got.none + Double(best)], row.scores) {
      #expect(abs(got - Double(wanted)) < 1e-3, "\(row.text)")
    }
  }

  @Test("linear model and head together: evidence is added, doubt is of both")
  func joined() throws {
    let (head, linear) = (try bundled.get(), try LinearDomainClassifier.bundled())
    let text = Array("what is the pH of vinegar".utf8)
    let vector = (0..<head.width).map { Float($0 % 7) - 3 }
    let tokens = (0..<3 * head.width).map { Float($0 % 5) - 2 }
    let added = try #require(head.scores(vector: vector, tokens: tokens))
    let wanted = head.calibration.probabilities(
      text.withUnsafeBytes { linear.scores($0) }, labels: 14, added: added.labels, headNone: added.none)
    var read = EncodedText()
    read.embedding = vector
    read.captured = tokens
    #expect(try DomainReader(linear, head: head).classify(text, .read(read)).get() == wanted)
  }

  @Test("without vectors the linear model judges alone")
  func linear() throws {
    let linear = try LinearDomainClassifier.bundled()
    let reader = DomainReader(linear, head: try DomainHead.bundled())
    let text = Array("What is the derivative of x^3?".utf8)
    #expect(reader.wantsEncoding)
    #expect(!DomainReader(linear).wantsEncoding)
    for encoding in [PromptEncoding.absent, .failed(reason: "late")] {
      #expect(try reader.classify(text, encoding).get() == linear.classify(text, .absent).get())
    }
    #expect(reader.classify(text, vector: [1, 2], tokens: [1, 2]) == nil)
  }

  /// Two numbers a vector, three labels, one network of two units.
  private static func file() -> [UInt8] {
    var file = Array("SWYDOMNN".utf8)
    func append(_ value: UInt32) { file += withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    for value: UInt32 in [1, 2, 4, 3, 1, 2] { append(value) }
    for value: Float in [1, 1, 0.5, 0.5, 0.5, -1] { append(value.bitPattern) }
    // Biases and scales of the units, then their rows: vector, mean, maximum.
    for value: Float in [0, 1, 0.1, 0.1] { append(value.bitPattern) }
    file += [10, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0].map { UInt8(bitPattern: $0) }
    file[file.count - 1] = UInt8(bitPattern: -5)
    // For each label and for none: bias, weights of the units.
    for value: Float in [0, 1, 0, 0.5, 0, 1, 0, -1, 0, 1, 1, 1] { append(value.bitPattern) }
    append(file.withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) })
    return file
  }

  @Test("a small network gives the scores that its numbers say")
  func smallNetwork() throws {
    let head = try DomainHead(modelBytes: Self.file())
    // Vector (3, 4) → (0.6, 0.8). Tokens (0, 1), (0, 3): mean (0, 2) → (0, 1), maximum (0, 3) → (0, 1).
    // Units: 0.1 · (10 · 0.6 + 20 · 1) = 2.6; 1 + 0.1 · (−5 · 1) = 0.5.
    let scores = try #require(head.scores(vector: [3, 4], tokens: [0, 1, 0, 3]))
    for (got, wanted) in zip(scores.labels, [2.6, 1, -2.6]) { #expect(abs(got - wanted) < 1e-5) }
    // none: 1 + 2.6 + 0.5, over the best label.
    #expect(abs(scores.none - (4.1 - 2.6)) < 1e-5)
  }

  @Test("vectors of another shape, and such as are not finite, are no encoding")
  func shapes() throws {
    let head = try DomainHead(modelBytes: Self.file())
    #expect(head.scores(vector: [1], tokens: [1, 2]) == nil)
    #expect(head.scores(vector: [1, 2], tokens: []) == nil)
    #expect(head.scores(vector: [1, 2], tokens: [1, 2, 3]) == nil)
    #expect(head.scores(vector: [1, .nan], tokens: [1, 2]) == nil)
    #expect(head.scores(vector: [1, 2], tokens: [.infinity, 2]) == nil)
    #expect(head.scores(vector: [0, 0], tokens: [0, 0]) != nil)
  }

  @Test("a damaged file is refused")
  func damaged() throws {
    let file = Self.file()
    #expect(try DomainHead(modelBytes: file).width == 2)
    for index in file.indices {
      var damaged = file
      damaged[index] ^= 4
      #expect(throws: WeightsFileError.self, "byte \(index)") { try DomainHead(modelBytes: damaged) }
    }
    for count in file.indices {
      #expect(throws: WeightsFileError.self, "\(count) bytes") { try DomainHead(modelBytes: Array(file[..<count])) }
    }
  }
}
