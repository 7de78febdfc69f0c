import Testing

@testable import VectorIndex

@Suite("Coded vectors") struct CodedVectorsTests {
  @Test("cosines are those of the bytes' directions, in their order")
  func cosines() throws {
    let vectors = CodedVectors(codes: [3, 4, 0, -127, 0, 0, 0, 0, 0, 0, 1, 1], dimension: 3)
    #expect(vectors.count == 4)
    let cosines = try #require(vectors.cosines(to: [6, 8, 0]))
    // 1; −0.6; no direction; 0.8 / √2.
    for (got, wanted) in zip(cosines, [1, -0.6, 0, 0.565685] as [Float]) { #expect(abs(got - wanted) < 1e-4) }
    #expect(cosines.count == 4)
  }

  @Test("a vector longer than a row's padding")
  func wide() throws {
    let codes = (0..<3 * 100).map { Int8($0 % 7 - 3) }
    let vectors = CodedVectors(codes: codes, dimension: 100)
    let cosines = try #require(vectors.cosines(to: codes[100..<200].map(Float.init)))
    for row in 0..<3 {
      let other = codes[row * 100..<(row + 1) * 100]
      let product = zip(codes[100..<200], other).reduce(0) { $0 + Int($1.0) * Int($1.1) }
      let squares = [codes[100..<200], other].map { $0.reduce(0) { $0 + Int($1) * Int($1) } }
      let wanted = Float(product) / (Float(squares[0]) * Float(squares[1])).squareRoot()
      #expect(abs(cosines[row] - wanted) < 1e-4)
    }
  }

  @Test("no cosines to a vector of another dimension, without a direction or with a number that is not finite")
  func refused() {
    let vectors = CodedVectors(codes: [1, 2], dimension: 2)
    #expect(vectors.cosines(to: [1]) == nil)
    #expect(vectors.cosines(to: [0, 0]) == nil)
    #expect(vectors.cosines(to: [.nan, 1]) == nil)
    #expect(CodedVectors(codes: [], dimension: 2).cosines(to: [1, 1]) == [])
  }
}
