import FuzzCommand
import Seeded
import VectorIndex

/// One sequence of operations, on an index and on a dictionary.
struct Trial {
  let options: VectorIndexOptions
  private let index: VectorIndex
  private var vectors: [UInt64: [Float]] = [:]
  private var generator: SeededGenerator

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    let links = Int.random(in: 4...6, using: &generator)
    options = VectorIndexOptions(
      dimension: Int.random(in: 1...70, using: &generator), capacity: Int.random(in: 1...48, using: &generator),
      exactLimit: Int.random(in: 0...60, using: &generator), links: links,
      constructionBreadth: links + Int.random(in: 0...8, using: &generator), searchBreadth: 16)
    index = VectorIndex(options)
  }

  mutating func run(_ tally: inout (results: Int, linked: Int)) throws {
    for _ in 0..<64 {
      let id = UInt64.random(in: 0...63, using: &generator)
      switch Int.random(in: 0...9, using: &generator) {
      case 0...5: try insert(id)
      case 6...8:
        guard index.remove(id) == (vectors.removeValue(forKey: id) != nil) else { throw Broken("removal of \(id)") }
      default: tally.results += try search()
      }
      if let broken = index.brokenInvariant() { throw Broken(broken) }
      guard index.count == vectors.count else { throw Broken("\(index.count) entries, \(vectors.count) expected") }
      tally.linked += index.linkedCount
    }
    tally.results += try search()
  }

  /// Numbers of many sizes, some the same as others, now and then none at all.
  private mutating func vector() -> [Float] {
    // By id: the order of a dictionary changes from process to process, and a seed must replay.
    if let known = vectors.min(by: { $0.key < $1.key })?.value, Int.random(in: 0...5, using: &generator) == 0 {
      return known
    }
    let scale: Float = [1, 1, 1e-30, 1e30, 0][Int.random(in: 0...4, using: &generator)]
    let count = options.dimension + (Int.random(in: 0...30, using: &generator) == 0 ? 1 : 0)
    return (0..<count).map { _ in
      Int.random(in: 0...200, using: &generator) == 0 ? .nan : Float.random(in: -1...1, using: &generator) * scale
    }
  }

  /// Whether a vector has a direction in the index's space.
  private func isUsable(_ vector: [Float]) -> Bool {
    vector.count == options.dimension && vector.allSatisfy(\.isFinite) && vector.contains { $0 != 0 }
  }

  private mutating func insert(_ id: UInt64) throws {
    let vector = vector()
    do throws(VectorIndexError) {
      try index.insert(vector, id: id)
      guard isUsable(vector) else { throw .zero }
    } catch {
      let isRight: Bool =
        switch error {
        case .full: vectors.count == options.capacity && vectors[id] == nil && isUsable(vector)
        default: !isUsable(vector)
        }
      guard isRight, vectors[id] == nil || index.contains(id) else { throw Broken("insertion of \(id): \(error)") }
      return
    }
    guard vectors.count < options.capacity || vectors[id] != nil else { throw Broken("more than the capacity") }
    vectors[id] = vector
  }

  /// - Returns: results compared.
  private mutating func search() throws -> Int {
    let query = vector()
    guard isUsable(query) else { return 0 }
    let limit = Int.random(in: 1...8, using: &generator)
    let found = try index.nearest(to: query, limit: limit)
    guard Set(found.map(\.id)).count == found.count else { throw Broken("an id came twice") }
    for match in found {
      guard let vector = vectors[match.id] else { throw Broken("\(match.id) is not there any more") }
      guard abs(cosine(vector, query) - Double(match.likeness)) < 1e-5 else { throw Broken("likeness of \(match)") }
    }
    guard index.linkedCount == 0 else { return found.count }
    let best = vectors.values.map { cosine($0, query) }.sorted(by: >).prefix(limit)
    guard best.count == found.count, zip(best, found).allSatisfy({ abs($0 - Double($1.likeness)) < 1e-5 }) else {
      throw Broken("\(found) found, likenesses \(best) expected")
    }
    return found.count
  }

  private func cosine(_ left: [Float], _ right: [Float]) -> Double {
    var (product, a, b) = (0.0, 0.0, 0.0)
    for (x, y) in zip(left, right) {
      product += Double(x) * Double(y)
      a += Double(x) * Double(x)
      b += Double(y) * Double(y)
    }
    return product / (a * b).squareRoot()
  }
}
