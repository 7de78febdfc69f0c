/// The shape and the bounds of a vector index.
public struct VectorIndexOptions: Sendable, Equatable {
  /// Numbers a vector, 1 to 8 192.
  public var dimension: Int
  /// Entries at most, 1 to 16 777 216.
  public var capacity: Int
  /// Up to so many entries every search looks at all of them; beyond, at a graph.
  public var exactLimit: Int
  /// Neighbours that an entry of the graph chooses (M of HNSW), 4 to 32; it has twice as many at most.
  public var links: Int
  /// Candidates that neighbours are chosen among (efConstruction of HNSW), at least ``links``.
  public var constructionBreadth: Int
  /// Candidates that a search of the graph keeps (ef of HNSW): more finds more and takes longer.
  public var searchBreadth: Int

  public init(
    dimension: Int = 384, capacity: Int = 1_000_000, exactLimit: Int = 100_000, links: Int = 16,
    constructionBreadth: Int = 100, searchBreadth: Int = 192
  ) {
    self.dimension = dimension
    self.capacity = capacity
    self.exactLimit = exactLimit
    self.links = links
    self.constructionBreadth = constructionBreadth
    self.searchBreadth = searchBreadth
  }

  /// Bytes an entry takes of full blocks: five a number, padded to 64 numbers, 16 beside them, and in the graph its lists of
  /// neighbours, those above the lowest level on average, for levels are drawn from ids.
  ///
  /// | dimension | all looked at | in the graph |
  /// |---|---|---|
  /// | 384 | 1 936 | 2 081 |
  /// | 768 | 3 856 | 4 001 |
  ///
  /// To that come the unused places of blocks, fewer than two blocks of 1 024 of vectors and as many of the graph (2 088 bytes
  /// an entry were measured at 200 000 entries of 384 numbers), and the table that finds an entry by its id: about 34 bytes
  /// an entry at 1 000 000. Removals do not shrink that table; ``VectorIndex/removeAll()`` gives it back.
  public var bytesAnEntry: (exact: Int, graph: Int) {
    let exact = VectorStore.blockSize(dimension: dimension) / VectorStore.blockEntries
    // One in `links` entries has a list on the level above, and so on.
    let above = 4 * (links + 1) / (links - 1)
    return (exact, exact + NeighbourGraph.blockSize(links: links) / VectorStore.blockEntries + above)
  }
}
