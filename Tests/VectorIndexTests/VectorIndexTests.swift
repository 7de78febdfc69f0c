import Seeded
import Testing

@testable import VectorIndex

/// The index against a dictionary of the same vectors.
@Suite("Vector index")
struct VectorIndexTests {
  private static let seed: UInt64 = 20_263

  /// What an index must answer where it looks at all.
  private struct Model {
    let dimension: Int
    var vectors: [UInt64: DirectionVector] = [:]

    func nearest(to vector: [Float], limit: Int, threshold: Float = -2) throws -> [VectorMatch] {
      let store = VectorStore(dimension: dimension, capacity: 1, kernels: VectorInstructions.best)
      store.grow(toFit: 1)
      let query = try DirectionVector(vector, dimension: dimension)
      let all = vectors.map { id, stored in
        store.write(stored, id: id, at: 0)
        return VectorMatch(id: id, likeness: store.likeness(query, 0))
      }
      return Array(all.filter { $0.likeness >= threshold }.sorted(by: VectorMatch.precedes).prefix(limit))
    }
  }

  private func vector(_ dimension: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  /// A vector near one of a few centres, which the generator's seed determines.
  private func clustered(_ dimension: Int, _ generator: inout SeededGenerator) -> [Float] {
    var centres = SeededGenerator(seed: UInt64.random(in: 0..<20, using: &generator))
    let centre = vector(dimension, &centres)
    return centre.map { $0 + Float.random(in: -0.7...0.7, using: &generator) }
  }

  @Test("an empty index finds nothing")
  func empty() throws {
    let index = VectorIndex(VectorIndexOptions(dimension: 3))
    #expect(try index.nearest(to: [1, 0, 0], limit: 5) == [])
    #expect(index.count == 0)
    #expect(!index.remove(1))
    #expect(index.size == 0)
  }

  @Test("the nearest come first, those of equal likeness by id, and none below the threshold")
  func order() throws {
    let index = VectorIndex(VectorIndexOptions(dimension: 2))
    try index.insert([0, 7], id: 1)
    try index.insert([3, 3], id: 9)
    try index.insert([0.5, 0.5], id: 4)
    try index.insert([2, 0], id: 2)
    try index.insert([-2, 0], id: 3)
    let all = try index.nearest(to: [10, 0], limit: 10)
    #expect(all.map(\.id) == [2, 4, 9, 1, 3])
    #expect(all[0].likeness == 1)
    #expect(abs(all[1].likeness - 0.70710677) < 1e-6)
    #expect(all[4].likeness == -1)
    #expect(try index.nearest(to: [10, 0], limit: 2).map(\.id) == [2, 4])
    #expect(try index.nearest(to: [10, 0], limit: 10, threshold: 0.7).map(\.id) == [2, 4, 9])
    #expect(try index.nearest(to: [10, 0], limit: 10, threshold: 1).map(\.id) == [2])
  }

  @Test("vectors that have no direction, or another dimension, are refused and change nothing")
  func refusals() throws {
    let index = VectorIndex(VectorIndexOptions(dimension: 3, capacity: 2))
    try index.insert([1, 2, 3], id: 1)
    #expect(throws: VectorIndexError.wrongDimension(2, expected: 3)) { try index.insert([1, 2], id: 1) }
    #expect(throws: VectorIndexError.notFinite(index: 1)) { try index.insert([1, .nan, 3], id: 1) }
    #expect(throws: VectorIndexError.notFinite(index: 2)) { try index.insert([1, 2, -.infinity], id: 1) }
    #expect(throws: VectorIndexError.zero) { try index.insert([0, -0.0, 0], id: 1) }
    #expect(throws: VectorIndexError.zero) { try index.nearest(to: [0, 0, 0], limit: 1) }
    #expect(try index.nearest(to: [1, 2, 3], limit: 1).map(\.id) == [1])
    #expect(
      "\(VectorIndexError.wrongDimension(2, expected: 3))"
        == "the vector has 2 numbers and the index 3; use the model that the index was filled with")
    // Numbers whose squares are beyond single precision still have a direction.
    try index.insert([1e38, 1e38, 0], id: 2)
    #expect(try index.nearest(to: [1e-38, 1e-38, 0], limit: 1).map(\.id) == [2])
  }

  @Test(
    "a full index refuses new entries, replaces old ones, and takes new ones after a removal", arguments: [0, 1000])
  func capacity(exactLimit: Int) throws {
    let index = VectorIndex(VectorIndexOptions(dimension: 2, capacity: 3, exactLimit: exactLimit))
    for id in 0..<3 { try index.insert([1, Float(id)], id: UInt64(id)) }
    #expect(throws: VectorIndexError.full(capacity: 3)) { try index.insert([1, 3], id: 3) }
    try index.insert([-1, 0], id: 1)
    #expect(try index.nearest(to: [-1, 0], limit: 1) == [VectorMatch(id: 1, likeness: 1)])
    #expect(index.count == 3)
    #expect(index.remove(0))
    try index.insert([1, 3], id: 3)
    #expect(index.contains(3) && !index.contains(0))
    #expect(index.brokenInvariant() == nil)
  }

  @Test("looking at all is exact on random vectors, duplicates and near duplicates, in every instruction set")
  func exactness() throws {
    for set in VectorInstructions.allCases {
      guard let kernels = set.kernels else { continue }
      var generator = SeededGenerator(seed: Self.seed)
      let index = VectorIndex(VectorIndexOptions(dimension: 24), kernels: kernels)
      var model = Model(dimension: 24)
      let base = vector(24, &generator)
      for id in 0..<1100 {
        var next = vector(24, &generator)
        switch id % 4 {
        case 0: next = base
        case 1: next = base.map { $0 + Float.random(in: -1e-4...1e-4, using: &generator) }
        case 2: next = base.map { $0 * Float(id) }
        default: break
        }
        try index.insert(next, id: UInt64(id))
        model.vectors[UInt64(id)] = try DirectionVector(next, dimension: 24)
      }
      for query in [base, base.map { -$0 }, vector(24, &generator), vector(24, &generator)] {
        let found = try index.nearest(to: query, limit: 30)
        let expected = try model.nearest(to: query, limit: 30)
        if set.isBest { #expect(found == expected, "seed \(Self.seed)") }
        #expect(
          zip(found, expected).allSatisfy { abs($0.likeness - $1.likeness) < 1e-6 } && found.count == 30,
          "\(set), seed \(Self.seed)")
      }
    }
  }

  @Test("after any insertions, replacements and removals it answers as a dictionary would")
  func sequences() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(VectorIndexOptions(dimension: 8, capacity: 300))
    var model = Model(dimension: 8)
    for step in 0..<1000 {
      let id = UInt64.random(in: 0..<200, using: &generator)
      if Int.random(in: 0..<3, using: &generator) > 0 {
        let next = vector(8, &generator)
        try index.insert(next, id: id)
        model.vectors[id] = try DirectionVector(next, dimension: 8)
      } else {
        #expect(index.remove(id) == (model.vectors.removeValue(forKey: id) != nil))
      }
      if step % 50 == 0 {
        let query = vector(8, &generator)
        let found = try index.nearest(to: query, limit: 7, threshold: 0.3)
        #expect(try found == model.nearest(to: query, limit: 7, threshold: 0.3), "seed \(Self.seed), step \(step)")
        #expect(index.brokenInvariant() == nil, "seed \(Self.seed), step \(step)")
        #expect(index.count == model.vectors.count)
      }
    }
  }

  private func recall(_ index: VectorIndex, _ model: Model, _ queries: [[Float]]) throws -> Double {
    var found = 0
    for query in queries {
      let expected = Set(try model.nearest(to: query, limit: 10).map(\.id))
      found += try index.nearest(to: query, limit: 10).count { expected.contains($0.id) }
    }
    return Double(found) / Double(10 * queries.count)
  }

  @Test("the graph finds 95 % of the ten nearest, also after a third of the entries was removed or replaced")
  func graphRecall() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(
      VectorIndexOptions(dimension: 16, exactLimit: 0, constructionBreadth: 32, searchBreadth: 48))
    var model = Model(dimension: 16)
    for id in 0..<UInt64(300) {
      let next = clustered(16, &generator)
      try index.insert(next, id: id)
      model.vectors[id] = try DirectionVector(next, dimension: 16)
    }
    #expect(index.linkedCount == 300)
    #expect(index.brokenInvariant() == nil)
    #expect(index.reachableCount() == 300)
    let queries = (0..<10).map { _ in clustered(16, &generator) }
    let whole = try recall(index, model, queries)
    #expect(whole >= 0.95, "recall \(whole), seed \(Self.seed)")
    for id in 0..<UInt64(300) where id % 3 == 0 {
      if id % 2 == 0 {
        index.remove(id)
        model.vectors[id] = nil
      } else {
        let next = clustered(16, &generator)
        try index.insert(next, id: id)
        model.vectors[id] = try DirectionVector(next, dimension: 16)
      }
    }
    #expect(index.brokenInvariant() == nil)
    #expect(index.reachableCount() == 250)
    let changed = try recall(index, model, queries)
    #expect(changed >= 0.95, "recall \(changed), seed \(Self.seed)")
  }

  @Test("entries that are all the same do not cut the graph in two")
  func duplicates() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(
      VectorIndexOptions(dimension: 8, exactLimit: 0, links: 4, constructionBreadth: 16, searchBreadth: 32))
    let others = (0..<40).map { _ in vector(8, &generator) }
    for id in 0..<UInt64(200) { try index.insert(id % 8 == 0 ? others[Int(id) / 8] : others[39], id: id) }
    #expect(index.brokenInvariant() == nil)
    #expect(index.reachableCount() == 200)
    for place in 0..<25 {
      let found = try index.nearest(to: others[place], limit: 1, breadth: 200)
      #expect(found.map(\.id) == [UInt64(place * 8)], "seed \(Self.seed)")
    }
  }

  @Test("beyond the limit entries are linked little by little, and every one is found meanwhile")
  func move() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(VectorIndexOptions(dimension: 8, exactLimit: 100))
    var vectors: [[Float]] = []
    func expectAllFound() throws {
      for (id, vector) in vectors.enumerated() {
        #expect(try index.nearest(to: vector, limit: 1).map(\.id) == [UInt64(id)], "seed \(Self.seed)")
      }
    }
    for id in 0..<140 {
      vectors.append(vector(8, &generator))
      try index.insert(vectors[id], id: UInt64(id))
      #expect(index.linkedCount == min(id + 1, max(0, 4 * (id - 99))))
      if id % 13 == 0 { try expectAllFound() }
    }
    #expect(index.linkedCount == 140)
    try expectAllFound()
    for id in (50..<140).reversed() {
      index.remove(UInt64(id))
      vectors.removeLast()
    }
    #expect(index.linkedCount == 50)
    index.remove(49)
    vectors.removeLast()
    #expect(index.linkedCount == 0)
    #expect(index.brokenInvariant() == nil)
    try expectAllFound()
  }

  @Test("removals while some entries are linked and some are not keep both parts whole")
  func removalsDuringMove() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(VectorIndexOptions(dimension: 8, exactLimit: 100))
    var vectors: [UInt64: [Float]] = [:]
    for id in 0..<UInt64(115) {
      vectors[id] = vector(8, &generator)
      try index.insert(vectors[id] ?? [], id: id)
    }
    #expect(index.linkedCount == 60)
    for id in [UInt64(3), 114, 59, 60, 20, 113, 0, 58] {
      index.remove(id)
      vectors[id] = nil
      #expect(index.brokenInvariant() == nil)
    }
    for (id, vector) in vectors { #expect(try index.nearest(to: vector, limit: 1).map(\.id) == [id]) }
  }

  @Test("where searches begin is handed to the highest of the others, which is chosen before anything changes")
  func entryRemoval() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(VectorIndexOptions(dimension: 4, exactLimit: 0, links: 4, constructionBreadth: 8))
    for id in 0..<UInt64(80) { try index.insert(vector(4, &generator), id: id) }
    var highestSeen = 0
    for left in (0..<80).reversed() {
      let (id, chosen, highest) = try #require(
        index.inspect { _, graph, store, _ -> (UInt64, Int?, Int?)? in
          guard let entry = graph.entry else { return nil }
          let edits = graph.planRemoval(of: entry, breadth: 4, SearchScratch(width: store.width))
          let others = (0..<UInt32(graph.count)).filter { $0 != entry }
          guard edits.entry.map(others.contains) ?? others.isEmpty, graph.entry == entry else { return nil }
          return (store.id(Int(entry)).pointee, edits.entry.map(graph.level), others.map(graph.level).max())
        })
      #expect(chosen == highest)
      highestSeen = max(highestSeen, highest ?? 0)
      #expect(index.remove(id))
      #expect(index.brokenInvariant() == nil)
      #expect(index.reachableCount() == left)
    }
    // Otherwise all were on one level.
    #expect(highestSeen > 0)
  }

  @Test("what a graph forgets is held until it shrinks")
  func forgetting() throws {
    var generator = SeededGenerator(seed: Self.seed)
    let store = VectorStore(dimension: 4, capacity: 64, kernels: VectorInstructions.best)
    let graph = NeighbourGraph(links: 4, capacity: 64, store: store)
    let scratch = SearchScratch(width: store.width)
    store.grow(toFit: 40)
    for place in 0..<40 {
      store.write(try DirectionVector(vector(4, &generator), dimension: 4), id: UInt64(place), at: place)
      graph.prepareNext(level: place % 3)
      graph.append(graph.planLinks(of: UInt32(place), breadth: 8, scratch))
    }
    // A block, and 39 lists of four neighbours and a count.
    #expect(graph.size == 1024 * 45 + 39 * 20)
    graph.forget()
    #expect(graph.count == 0 && graph.entry == nil)
    #expect(graph.size == 1024 * 45 + 39 * 20)
    graph.shrink()
    #expect(graph.size == 0)
  }

  @Test("memory is what is stated, and comes back")
  func memory() throws {
    let options = VectorIndexOptions(dimension: 384)
    #expect(options.bytesAnEntry.exact == 1936)
    #expect(options.bytesAnEntry.graph == 2081)
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(VectorIndexOptions(dimension: 4, exactLimit: 2080, constructionBreadth: 16))
    for id in 0..<UInt64(2100) { try index.insert(vector(4, &generator), id: id) }
    #expect(index.linkedCount == 80)
    let full = index.size
    #expect(full <= 3 * 1024 * 340 + 1024 * 160)
    for id in (10..<UInt64(2100)).reversed() { index.remove(id) }
    #expect(index.linkedCount == 0)
    #expect(index.size == 2 * 1024 * 336)
    index.removeAll()
    #expect(index.size == 0)
    #expect(index.count == 0)
    try index.insert([1, 0, 0, 0], id: 1)
    #expect(try index.nearest(to: [1, 0, 0, 0], limit: 1).map(\.id) == [1])
  }

  @Test("searches from many threads beside a writer find every entry that stays", arguments: [0, 120, 10_000])
  func threads(exactLimit: Int) async throws {
    var generator = SeededGenerator(seed: Self.seed)
    let index = VectorIndex(VectorIndexOptions(dimension: 8, exactLimit: exactLimit, constructionBreadth: 20))
    let stay = (0..<99).map { _ in vector(8, &generator) }
    let come = (0..<60).map { _ in vector(8, &generator) }
    for (id, vector) in stay.enumerated() { try index.insert(vector, id: UInt64(id)) }
    let missed = try await withThrowingTaskGroup(of: Int.self) { group in
      for reader in 0..<3 {
        group.addTask {
          var missed = 0
          for (id, vector) in stay.enumerated() where id % 3 == reader {
            if try index.nearest(to: vector, limit: 1).first?.id != UInt64(id) { missed += 1 }
          }
          return missed
        }
      }
      group.addTask {
        for (id, vector) in come.enumerated() { try index.insert(vector, id: UInt64(1000 + id)) }
        for id in come.indices { index.remove(UInt64(1000 + id)) }
        return 0
      }
      return try await group.reduce(0, +)
    }
    // The graph may miss one in a hundred; looking at all misses none.
    #expect(missed <= (exactLimit >= 10_000 ? 0 : 1), "missed \(missed), seed \(Self.seed)")
    #expect(index.count == 99)
    #expect(index.brokenInvariant() == nil)
  }
}

extension VectorInstructions {
  fileprivate var isBest: Bool { kernels?.instructions == VectorInstructions.best.instructions }
}
