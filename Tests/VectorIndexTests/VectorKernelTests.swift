import CEmulatedVectorKernels
import CVectorKernels
import Seeded
import Testing

@testable import VectorIndex

/// Every table against plain sums, on random vectors.
@Suite("Vector kernels")
struct VectorKernelTests {
  private static let seed: UInt64 = 20_262
  private var tables: [(name: String, kernels: vector_kernels)] {
    VectorInstructions.allCases.compactMap { set in set.kernels.map { ("\(set)", $0) } }
      + [("avx512, emulated", vector_emulated_avx512_kernels().pointee)]
  }

  @Test("products with codes are exact in every instruction set", arguments: [64, 128, 384])
  func codes(width: Int) throws {
    var generator = SeededGenerator(seed: Self.seed)
    let rows = 13
    let query = (0..<width).map { _ in Int16.random(in: -20_000...20_000, using: &generator) }
    let codes = (0..<rows * width).map { _ in Int8.random(in: -127...127, using: &generator) }
    let scales = (0..<rows).map { Float($0 + 1) / 1024 }
    let margins = (0..<rows).map { Float($0) * 1000 }
    let sums = (0..<rows).map { row in
      (0..<width).reduce(0) { $0 + Int(query[$1]) * Int(codes[row * width + $1]) }
    }
    for (name, kernels) in tables {
      var output = [Float](repeating: .nan, count: rows)
      kernels.bounds(query, codes, scales, margins, rows, width, 0.5, &output)
      for row in 0..<rows {
        let expected = 0.5 * scales[row] * Float(sums[row]) + margins[row]
        #expect(abs(output[row] - expected) <= abs(expected) * 1e-6 + 0.01, "\(name), seed \(Self.seed), row \(row)")
      }
    }
  }

  @Test("products with vectors here and there are those with the same vectors in a row")
  func places() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let entries = VectorStore.blockEntries + 40
    for (name, kernels) in tables {
      let store = VectorStore(dimension: 20, capacity: entries, kernels: kernels)
      store.grow(toFit: entries)
      for place in 0..<entries {
        let vector = (0..<20).map { _ in Float.random(in: -1...1, using: &generator) }
        store.write(try DirectionVector(vector, dimension: 20), id: UInt64(place), at: place)
      }
      let query = try DirectionVector((0..<20).map { _ in Float.random(in: -1...1, using: &generator) }, dimension: 20)
      let places: [UInt32] = [1030, 3, 1024, 7, 1023, 0, 1063]
      var output = [Float](repeating: .nan, count: places.count)
      kernels.likenesses(query.halves, store.blocks, places, places.count, store.width, query.factor, &output)
      for (index, place) in places.enumerated() {
        let exact = store.likeness(query, Int(place))
        let bound = store.margin(Int(place)).pointee + query.margin
        #expect(abs(output[index] - exact) <= bound, "\(name), seed \(Self.seed), place \(place)")
        #expect(bound < 0.02)
      }
    }
  }

  @Test("products of floats are equal but for rounding")
  func floats() {
    var generator = SeededGenerator(seed: Self.seed)
    let a = (0..<384).map { _ in Float.random(in: -1...1, using: &generator) }
    let b = (0..<384).map { _ in Float.random(in: -1...1, using: &generator) }
    let expected = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    for (name, kernels) in tables {
      #expect(abs(Double(kernels.dot(a, b, 384)) - expected) < 1e-4, "\(name), seed \(Self.seed)")
    }
  }

  @Test("the rounding of codes and halves stays within what is stated of it, for vectors of any shape")
  func margins() throws {
    var generator = SeededGenerator(seed: Self.seed)
    func shapes(_ width: Int) -> [[Float]] {
      let spike = (0..<width).map { Float($0 == width / 2 ? 1000 : 1) }
      let uniform = (0..<width).map { Float($0 % 2 == 0 ? 1 : -1) }
      let tiny = (0..<width).map { _ in Float.random(in: -1e-30...1e-30, using: &generator) }
      let huge = (0..<width).map { _ in Float.random(in: -1e30...1e30, using: &generator) }
      let one = (0..<width).map { Float($0 == 0 ? -2 : 0) }
      return [spike, uniform, tiny, huge, one]
    }
    for width in [1, 3, 384, 8192] {
      let vectors = try shapes(width).map { try DirectionVector($0, dimension: width) }
      let store = VectorStore(dimension: width, capacity: 8, kernels: VectorInstructions.best)
      store.grow(toFit: vectors.count)
      for (place, vector) in vectors.enumerated() { store.write(vector, id: 0, at: place) }
      for query in vectors {
        for place in vectors.indices {
          var place32 = UInt32(place)
          var product: Float = 0
          store.kernels.likenesses(query.halves, store.blocks, &place32, 1, store.width, query.factor, &product)
          let exact = zip(query.floats, vectors[place].floats).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
          let bound = Double(store.margin(place).pointee + query.margin)
          #expect(abs(Double(product) - exact) <= bound, "width \(width), place \(place), seed \(Self.seed)")
        }
      }
    }
  }
}
