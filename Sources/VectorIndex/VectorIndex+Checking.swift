extension VectorIndex {
  /// What does not hold and must, for tests and fuzzers; nil if all does. Looks at every entry and edge while writers wait.
  public func brokenInvariant() -> String? {
    inspect { places, graph, store, count in
      guard places.count == count else { return "\(places.count) ids and \(count) entries" }
      for (id, place) in places where place >= count || store.id(place).pointee != id {
        return "id \(id) is not at its place \(place)"
      }
      let spare = (store.blockCount + graph.blockCount) * VectorStore.blockEntries - count - graph.count
      if spare > 4 * VectorStore.blockEntries { return "\(spare) places of blocks are spare" }
      return graph.count <= count ? graph.brokenInvariant() : "\(graph.count) of \(count) entries are linked"
    }
  }

  /// Linked entries that a walk from the graph's entry reaches on the lowest level.
  public func reachableCount() -> Int { inspect { _, graph, _, _ in graph.reachable() } }
}

extension NeighbourGraph {
  fileprivate func brokenInvariant() -> String? {
    guard count > 0 else { return entry == nil ? nil : "an empty graph has an entry" }
    let places = 0..<UInt32(count)
    guard let entry, places.contains(entry) else { return "the graph has no entry" }
    for place in places {
      if level(place) > level(entry) { return "place \(place) is on a level above the entry's" }
      for level in 0...level(place) {
        let list = neighbours(place, level)
        if list.count > limit(level) { return "place \(place) has \(list.count) neighbours on level \(level)" }
        if list.isEmpty, level == 0, count > 1 { return "place \(place) has no neighbour" }
        if Set(list).count != list.count { return "place \(place) has a neighbour twice" }
        for neighbour in list {
          guard neighbour != place, places.contains(neighbour) else { return "an edge leads from \(place) to nothing" }
          guard self.level(neighbour) >= level, neighbours(neighbour, level).contains(place) else {
            return "the edge from \(place) to \(neighbour) on level \(level) goes one way"
          }
        }
      }
    }
    return nil
  }

  fileprivate func reachable() -> Int {
    guard let entry else { return 0 }
    var seen: Set<UInt32> = [entry]
    var rest = [entry]
    while let place = rest.popLast() {
      for neighbour in neighbours(place, 0) where seen.insert(neighbour).inserted { rest.append(neighbour) }
    }
    return seen.count
  }
}
