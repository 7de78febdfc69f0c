import Testing

@testable import Reading

@Suite("The domain head") struct DomainHeadTests {
  @Test("linear model and head together give the trainer's probabilities", arguments: DomainHeadVectors.rows.indices)
  func vectors(index: Int) throws {
    let row = DomainHeadVectors.rows[index]
    let reader = DomainReader(try LinearDomainClassifier.bundled(), head: try DomainHead.bundled())
    let vectors = row.vectors.map(Float.init)
    let half = vectors.count / 2
    let got = try #require(
      reader.classify(Array(row.text.utf8), vector: Array(vectors[..<half]), layerMean: Array(vectors[half...])))
    for (got, wanted) in zip(got.probabilities, row.probabilities) {
      // The vectors are rounded to four places.
      #expect(abs(got - wanted) < 0.004, "\(row.text)")
    }
    #expect(abs(got.probabilities.reduce(0, +) - 1) < 1e-5)
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
    #expect(reader.classify(text, vector: [1, 2], layerMean: [1, 2]) == nil)
  }

  @Test("a damaged file is refused")
  func damaged() throws {
    var file = Array("SWYDOMHD".utf8)
    func append(_ value: UInt32) { file += withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    for value: UInt32 in [1, 2, 4, 3] { append(value) }
    for value: Float in [0.5, 0.1] + Array(repeating: 0.25, count: 3 * 5) { append(value.bitPattern) }
    append(file.withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) })
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
