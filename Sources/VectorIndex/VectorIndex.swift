import CVectorKernels
import Synchronization

/// Vectors under ids, and the nearest of them to a vector by cosine.
///
/// Up to ``VectorIndexOptions/exactLimit`` entries a search looks at all: first at int8 codes, whose error is bounded an
/// entry, then, in single precision, at those that can be among the results. The answer is that of single precision,
/// exactly. Beyond the limit a search goes through a ``NeighbourGraph`` and may miss some.
///
/// The move is made little by little: from the entry beyond the limit on, each insertion links four further entries, and
/// a search looks at all that are not linked yet and through the graph for the others. When removals leave fewer than half
/// of the limit, the graph is given up at once.
///
/// Places have no gaps: the last entry moves into that of a removed one, and blocks of 1 024 that are empty are given
/// back. Bounds: ``VectorIndexOptions/capacity`` entries, beyond which insertions are refused (which entry goes is the
/// caller's to say); ``VectorIndexOptions/bytesAnEntry`` tells their memory.
///
/// May be used from any thread. Writers go one after another; what takes long, looking for neighbours, they do beside
/// searches, and keep these out only while they write the lists: microseconds. A search keeps a writer waiting for 1 024
/// entries or one pass through the graph at most. It finds every entry that is there all the while it runs; of those that come
/// and go meanwhile it finds some. A replacement is a removal and an insertion: a search between them finds neither vector.
///
/// Unchecked: `store`, `graph` and `entries` are written by the holder of `places`, what readers can reach of them only while
/// it holds `lock` alone; others read them while they hold `lock`. `isLinking` is read and written by the holder of `places`.
public final class VectorIndex: @unchecked Sendable {
  /// Entries that an insertion links at most beside its own, while the graph is not whole.
  private static let pace = 4
  private static let keptScratches = 16

  public let options: VectorIndexOptions

  private let store: VectorStore
  private let graph: NeighbourGraph
  private let lock = ReadWriteLock()
  private var entries = 0
  /// Whether entries are linked.
  private var isLinking = false
  /// Where the entries lie; also the lock of writers.
  private let places = Mutex<[UInt64: Int]>([:])
  private let scratches = Mutex<[SearchScratch]>([])

  /// - Parameter options: a precondition failure tells what is out of their ranges.
  public convenience init(_ options: VectorIndexOptions = VectorIndexOptions()) {
    self.init(options, kernels: VectorInstructions.best)
  }

  init(_ options: VectorIndexOptions, kernels: vector_kernels) {
    precondition((1...8192).contains(options.dimension), "dimension: 1 to 8 192")
    precondition((1...1 << 24).contains(options.capacity), "capacity: 1 to 16 777 216")
    precondition(options.exactLimit >= 0, "exactLimit: 0 or more")
    precondition((4...32).contains(options.links), "links: 4 to 32")
    precondition(
      options.constructionBreadth >= options.links && options.searchBreadth > 0,
      "constructionBreadth: at least links; searchBreadth: at least 1")
    self.options = options
    store = VectorStore(dimension: options.dimension, capacity: options.capacity, kernels: kernels)
    graph = NeighbourGraph(links: options.links, capacity: options.capacity, store: store)
  }

  /// Entries.
  public var count: Int { lock.read { entries } }

  /// Entries that are in the graph; searches look at all others.
  public var linkedCount: Int { lock.read { graph.count } }

  /// Bytes that vectors and the graph take, but for the table of ids.
  public var size: Int { places.withLock { _ in store.size + graph.size } }

  public func contains(_ id: UInt64) -> Bool { places.withLock { $0[id] != nil } }

  // MARK: Searching

  /// The entries nearest to a vector, the nearest first, of equals the one with the lower id.
  ///
  /// On the calling thread: docs/similarity.md tells how long it takes.
  ///
  /// - Parameters:
  ///   - vector: of any length; it is scaled to 1.
  ///   - limit: results at most, 1 or more.
  ///   - threshold: the least cosine.
  ///   - breadth: candidates that a search of the graph keeps; nil: the options' `searchBreadth`; at least `limit`.
  public func nearest(
    to vector: [Float], limit: Int, threshold: Float = -2, breadth: Int? = nil
  ) throws(VectorIndexError) -> [VectorMatch] {
    precondition(limit > 0, "a search for nothing")
    let query = try DirectionVector(vector, dimension: options.dimension)
    let scratch = takeScratch()
    defer { putBack(scratch) }
    var best = BestMatches(limit: limit, threshold: threshold)
    // Downwards: an entry can only move to a lower place, or into the graph, which is searched last.
    var upper = Int.max
    var isDone = false
    while !isDone {
      lock.read {
        upper = min(upper, entries)
        let lower = max(graph.count, (upper - 1) / VectorStore.blockEntries * VectorStore.blockEntries)
        if upper > lower { scan(lower..<upper, query, &best, scratch) }
        upper = min(upper, lower)
        guard upper <= graph.count else { return }
        isDone = true
        searchGraph(query, breadth: max(breadth ?? options.searchBreadth, limit), &best, scratch)
      }
    }
    return best.matches
  }

  /// Looks at all places of a range, which lies in one block.
  private func scan(
    _ range: Range<Int>, _ query: DirectionVector, _ best: inout BestMatches, _ scratch: SearchScratch
  ) {
    query.halves.withUnsafeBufferPointer { halves in
      guard let halves = halves.baseAddress else { return }
      let first = range.lowerBound
      store.kernels.bounds(
        halves, store.codes(first), store.scale(first), store.margin(first), range.count, store.width, query.factor,
        scratch.likenesses)
    }
    for index in 0..<range.count where scratch.likenesses[index] + query.margin >= best.floor {
      measure(range.lowerBound + index, query, &best)
    }
  }

  private func searchGraph(
    _ query: DirectionVector, breadth: Int, _ best: inout BestMatches, _ scratch: SearchScratch
  ) {
    query.halves.withUnsafeBufferPointer { halves in
      guard let halves = halves.baseAddress else { return }
      let query = GraphQuery(halves: halves, factor: query.factor)
      scratch.found.removeAll()
      guard let start = graph.descend(query, to: 0, scratch) else { return }
      graph.search(query, from: start, level: 0, breadth: breadth, scratch)
    }
    for index in 0..<scratch.found.count {
      let found = scratch.found[index]
      guard found.likeness + store.margin(Int(found.place)).pointee + query.margin >= best.floor else { continue }
      measure(Int(found.place), query, &best)
    }
  }

  private func measure(_ place: Int, _ query: DirectionVector, _ best: inout BestMatches) {
    best.add(VectorMatch(id: store.id(place).pointee, likeness: store.likeness(query, place)))
  }

  private func takeScratch() -> SearchScratch {
    scratches.withLock { $0.popLast() } ?? SearchScratch(width: store.width)
  }

  private func putBack(_ scratch: SearchScratch) {
    scratches.withLock { if $0.count < Self.keptScratches { $0.append(scratch) } }
  }

  // MARK: Writing

  /// Adds an entry, or replaces the one of this id.
  ///
  /// - Parameter vector: of any length; it is scaled to 1.
  /// - Throws: if the vector has another dimension, numbers that are none, or no direction, or the index is full.
  public func insert(_ vector: [Float], id: UInt64) throws(VectorIndexError) {
    let direction = try DirectionVector(vector, dimension: options.dimension)
    let refusal: VectorIndexError? = places.withLock { places in
      if places[id] != nil { remove(id, &places) }
      guard entries < options.capacity else { return .full(capacity: options.capacity) }
      let place = entries
      store.grow(toFit: place + 1)
      store.write(direction, id: id, at: place)
      places[id] = place
      if graph.count < place || !isLinking {
        lock.write { entries += 1 }
      } else {
        link { self.entries += 1 }
      }
      if entries > options.exactLimit { isLinking = true }
      var pace = isLinking ? Self.pace : 0
      while pace > 0, graph.count < entries {
        link {}
        pace -= 1
      }
      return nil
    }
    if let refusal { throw refusal }
  }

  /// Removes an entry.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  public func remove(_ id: UInt64) -> Bool {
    places.withLock { places in
      guard places[id] != nil else { return false }
      remove(id, &places)
      return true
    }
  }

  /// Removes all entries and gives the memory back.
  public func removeAll() {
    places.withLock { places in
      places = [:]
      isLinking = false
      lock.write {
        entries = 0
        graph.forget()
      }
      graph.shrink()
      store.shrink(toFit: 0, sparing: 0)
    }
    scratches.withLock { $0 = [] }
  }

  /// Links the next place; `also` is done at the same instant.
  private func link(_ also: () -> Void) {
    let scratch = takeScratch()
    graph.prepareNext(level: graph.levelDrawn(for: store.id(graph.count).pointee))
    let edits = graph.planLinks(of: UInt32(graph.count), breadth: options.constructionBreadth, scratch)
    lock.write {
      graph.append(edits)
      also()
    }
    putBack(scratch)
  }

  private func remove(_ id: UInt64, _ places: inout [UInt64: Int]) {
    guard let place = places.removeValue(forKey: id) else { return }
    var edits = GraphEdits()
    if place < graph.count {
      let scratch = takeScratch()
      edits = graph.planRemoval(of: UInt32(place), breadth: options.links, scratch)
      putBack(scratch)
    }
    var moved: [Int] = []
    lock.write {
      var gap = place
      if place < graph.count {
        if let last = graph.remove(UInt32(place), edits) {
          store.move(from: Int(last), to: place)
          moved.append(place)
        }
        gap = graph.count
      }
      let last = entries - 1
      if gap != last {
        store.move(from: last, to: gap)
        moved.append(gap)
      }
      entries -= 1
    }
    for place in moved { places[store.id(place).pointee] = place }
    if isLinking, entries < options.exactLimit / 2 || entries == 0 {
      isLinking = false
      lock.write { graph.forget() }
    }
    graph.shrink()
    store.shrink(toFit: entries)
  }

  /// Runs `body` on the table of ids, the graph, the vectors and their count, while nothing changes.
  func inspect<Value>(_ body: ([UInt64: Int], NeighbourGraph, VectorStore, Int) -> sending Value) -> sending Value {
    places.withLock { body($0, graph, store, entries) }
  }
}
