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
    for (got, wanted) in zip(got.labels + [got.none], row.scores) {
      #expect(abs(got - Double(wanted)) < 1e-3, "\(row.text)")
    }
  }

  @Test("linear model and head together: evidence is added, doubt is of both")
  func joined() throws {
    let linear = try LinearDomainClassifier(modelBytes: DomainModelFileTests.file())
    let reader = try DomainReader(linear, head: DomainHead(modelBytes: Self.file(labels: 2)), capturedLayer: 4)
    var read = EncodedText()
    read.embedding = [3, 4]
    read.captured = [2, 1, -2, 3]
    // Scores of "?": 0.0625 and 0.9375, none −1 + 8 · 0.25 / 16 = −0.875; the head adds 2.6 and 1.083975, its none is 1.583975.
    // p(no) = ln(1 + e^1.0625) · e^2.6 / (that + ln(1 + e^1.9375) · e^1.083975) = 0.749221;
    // doubt = 1 / (1 + e^−(0.5 · −0.875 + 0.5 · 1.583975 + 0.5 · 0.9375 − 1)) = 0.455924; (1 − doubt) · p + doubt / 2.
    let probabilities = try reader.classify(Array("?".utf8), .read(read)).get().probabilities
    #expect(probabilities.count == 2)
    for (got, wanted) in zip(probabilities, [0.635595, 0.364405] as [Float]) { #expect(abs(got - wanted) < 1e-5) }
  }

  @Test("a head of another layer's vectors, or of another number of labels, is refused and says so")
  func unfit() throws {
    let linear = try LinearDomainClassifier(modelBytes: DomainModelFileTests.file())
    func refusal(labels: Int, layer: Int) -> String? {
      do throws(WeightsFileError) {
        _ = try DomainReader(linear, head: DomainHead(modelBytes: Self.file(labels: labels)), capturedLayer: layer)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(refusal(labels: 2, layer: 4) == nil)
    #expect(
      refusal(labels: 2, layer: 5)
        == "SWYDOMNN: made for the vectors of layer 4, but the encoder hands out those of layer 5; take model and program from "
        + "the same source tree")
    #expect(
      refusal(labels: 3, layer: 4)
        == "SWYDOMNN: made for 3 labels, but the linear model has 2; train both with the same source tree")
  }

  @Test("without vectors the linear model judges alone")
  func linear() throws {
    let linear = try LinearDomainClassifier.bundled()
    let reader = try DomainReader(
      linear, head: bundled.get(), capturedLayer: BundledPersonalDataReader.capturedLayer)
    let text = Array("What is the derivative of x^3?".utf8)
    #expect(reader.wantsEncoding)
    #expect(!DomainReader(linear).wantsEncoding)
    for encoding in [PromptEncoding.absent, .failed(reason: "late")] {
      #expect(try reader.classify(text, encoding).get() == linear.classify(text, .absent).get())
    }
    #expect(reader.classify(text, vector: [1, 2], tokens: [1, 2]) == nil)
  }

  /// Two numbers a vector, layer 4, two or three labels, one network of two units; two neighbours whose directions are those of the
  /// text's vector.
  private static func file(
    version: UInt32 = 2, labels: Int = 3, spread: Float = 0.1, factor: Float = 0, owner: UInt8 = 1
  ) -> [UInt8] {
    var file = Array("SWYDOMNN".utf8)
    func append(_ value: UInt32) { file += withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    for value: UInt32 in [version, 2, 4, UInt32(labels), 1, 2, 2, 2] { append(value) }
    for value: Float in [1, 1, 0.5, 0.5, 0.5, -1, 0.5, spread, factor] { append(value.bitPattern) }
    // Biases and scales of the units, then their rows: vector, mean, maximum.
    for value: Float in [0, 1, 0.1, 0.1] { append(value.bitPattern) }
    file += [10, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0].map { UInt8(bitPattern: $0) }
    file[file.count - 1] = UInt8(bitPattern: -5)
    // For each label and for none: bias, weights of the units.
    let outputs: [[Float]] = [[0, 1, 0], [0.5, 0, 1], [0, -1, 0]]
    for value in outputs[..<labels].joined() + [1, 1, 1] { append(value.bitPattern) }
    // The projection: biases, scales, rows.
    for value: Float in [-0.5, 0, 0.1, 0.1] { append(value.bitPattern) }
    file += [11, 0, 0, 5, 0, 0, 0, 10, 0, 0, 0, 0]
    // Labels of the neighbours, and their vectors.
    file += [0, owner, 66, 80, 100, 0]
    append(file.withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) })
    return file
  }

  @Test("texts that are near add evidence to their labels, and none to none")
  func neighbours() throws {
    let head = try DomainHead(modelBytes: Self.file(factor: 0.5))
    // Inputs as above, so the directions are −0.5 + 0.1 · (11 · 0.6 + 5 · 1) = 0.66 and 0.1 · 10 · 0.8 = 0.8: cosines of 1 to the first
    // neighbour and 0.66 / √(0.66² + 0.8²) = 0.636383 to the second, so 2.503358 = 0.5 · ln(1 + e^5) to the one's label and
    // 0.5 · ln(1 + e^1.36383) = 0.795753 to the other's.
    let scores = try #require(head.scores(vector: [3, 4], tokens: [2, 1, -2, 3]))
    for (got, wanted) in zip(scores.labels, [5.103358, 1.879728, -2.6]) { #expect(abs(got - wanted) < 1e-4) }
    #expect(abs(scores.none - 1.583975) < 1e-5)
  }

  @Test("a file of another version, a spread of 0 and a neighbour of no label are refused and say so")
  func refused() {
    func refusal(_ file: [UInt8]) -> String? {
      do throws(WeightsFileError) {
        _ = try DomainHead(modelBytes: file)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(refusal(Self.file()) == nil)
    #expect(
      refusal(Self.file(version: 1))
        == "SWYDOMNN: format version 1, but this build reads version 2; train it with the same source tree")
    #expect(refusal(Self.file(spread: 0)) == "SWYDOMNN: the spread has a value that no trainer writes")
    #expect(refusal(Self.file(owner: 3)) == "SWYDOMNN: a neighbour's label has a value that no trainer writes")
  }

  @Test("a small network gives the scores that its numbers say")
  func smallNetwork() throws {
    let head = try DomainHead(modelBytes: Self.file())
    // Vector (3, 4) → (0.6, 0.8). Tokens (2, 1), (−2, 3): mean (0, 2) → (0, 1), maximum (2, 3) → (0.55470, 0.83205).
    // Units: 0.1 · (10 · 0.6 + 20 · 1) = 2.6; 1 + 0.1 · (−5 · 0.83205) = 0.583975.
    let scores = try #require(head.scores(vector: [3, 4], tokens: [2, 1, -2, 3]))
    #expect(scores.labels.count == 3)
    for (got, wanted) in zip(scores.labels, [2.6, 1.083975, -2.6]) { #expect(abs(got - wanted) < 1e-5) }
    // none: 1 + 2.6 + 0.583975 = 4.183975, over the best label.
    #expect(abs(scores.none - 1.583975) < 1e-5)
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
