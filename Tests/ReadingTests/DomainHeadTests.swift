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
      #expect(try reader.classify(text, encoding).get() == linear.classify([text], deadline: nil)[0].get())
    }
    #expect(reader.classify(text, vector: [1, 2], layerMean: [1, 2]) == nil)
  }

  @Test("a damaged file is refused")
  func damaged() throws {
    #expect(throws: DomainHeadError.notADomainHead) { try DomainHead(modelBytes: Array("SWYDOMHX".utf8)) }
    #expect(throws: DomainHeadError.notADomainHead) { try DomainHead(modelBytes: []) }
  }
}
