import CVectorKernels

extension NeighbourGraph {
  /// Likenesses from codes are off by about so much: what differs by less is alike.
  private static let noise: Float = 0.003
  /// Vectors that are this like one another stand for one another.
  private static let sameness: Float = 0.99

  /// The edges of the prepared place: nothing is changed yet, so others may search meanwhile.
  func planLinks(of place: UInt32, breadth: Int, _ scratch: SearchScratch) -> GraphEdits {
    var edits = GraphEdits()
    let vector = DirectionVector(
      unit: UnsafeBufferPointer(start: store.floats(Int(place)), count: store.width), dimension: store.dimension)
    vector.halves.withUnsafeBufferPointer { halves in
      guard let start = halves.baseAddress else { return }
      let query = GraphQuery(halves: start, factor: vector.factor)
      for level in 0...level(place) { link(place, query, level, breadth: breadth, &edits, scratch) }
    }
    return edits
  }

  /// Links a place that has no neighbour on a level yet.
  private func link(
    _ place: UInt32, _ query: GraphQuery, _ level: Int, breadth: Int, _ edits: inout GraphEdits,
    _ scratch: SearchScratch
  ) {
    guard let entry, level <= self.level(entry), let start = descend(query, to: level, scratch) else { return }
    search(query, from: start, level: level, breadth: breadth, scratch)
    var candidates: [Candidate] = []
    candidates.reserveCapacity(scratch.found.count)
    while scratch.found.count > 0 {
      let candidate = scratch.found.pop()
      if candidate.place != place { candidates.append(candidate) }
    }
    candidates.reverse()
    for choice in choose(candidates, scratch) { connect(place, choice.place, level, &edits, scratch, must: false) }
    if edits.degree(place, level, self) == 0, let nearest = candidates.first {
      connect(place, nearest.place, level, &edits, scratch, must: true)
    }
  }

  /// Of candidates, the likest first, those that are not better reached by way of one chosen before them; filled up with
  /// the others.
  private func choose(_ candidates: [Candidate], _ scratch: SearchScratch) -> [Candidate] {
    guard candidates.count > links else { return candidates }
    var chosen: [Candidate] = []
    var others: [Candidate] = []
    var places: [UInt32] = []
    for candidate in candidates {
      if chosen.count == links { break }
      if isBetterReached(candidate.place, likeness: candidate.likeness, by: places, scratch) {
        others.append(candidate)
      } else {
        chosen.append(candidate)
        places.append(candidate.place)
      }
    }
    return chosen + others.prefix(links - chosen.count)
  }

  /// Whether a place is liker to one of some others than `likeness`, or about the same as one of them.
  private func isBetterReached(
    _ place: UInt32, likeness: Float, by others: some RandomAccessCollection<UInt32>, _ scratch: SearchScratch
  ) -> Bool {
    guard !others.isEmpty else { return false }
    let query = GraphQuery(
      halves: scratch.halves, factor: store.widen(Int(place), to: scratch.halves))
    let count = others.count
    for (index, other) in others.enumerated() { scratch.places[index] = other }
    likenesses(query, scratch.places, count, to: scratch.likenesses)
    let bound = min(likeness + Self.noise, Self.sameness)
    return (0..<count).contains { scratch.likenesses[$0] > bound }
  }

  /// An edge between two places. Where the second is full, it drops the farthest of its neighbours that is better reached
  /// by way of another, or the farthest, if both have another neighbour in common: so what was connected stays connected.
  /// If that is the first place itself, there is no edge.
  ///
  /// - Parameter must: the first place has no neighbour yet and gets one all the same, if nothing can be dropped by coming
  ///   between the second and its farthest neighbour.
  private func connect(
    _ place: UInt32, _ other: UInt32, _ level: Int, _ edits: inout GraphEdits, _ scratch: SearchScratch, must: Bool
  ) {
    let neighbours = edits.neighbours(other, level, self)
    guard !neighbours.contains(place) else { return }
    if neighbours.count < limit(level) {
      edits.connect(place, other, level, self)
      return
    }
    let ranked = ranked([place] + neighbours, by: other, scratch)
    let order = ranked.map(\.place)
    // Those with few neighbours keep them.
    func mayGo(_ candidate: UInt32) -> Bool {
      if candidate == place { return !must }
      let its = edits.neighbours(candidate, level, self)
      return its.count > links / 4 && its.contains { neighbours.contains($0) }
    }
    let farthestFirst = ranked.indices.reversed()
    let dropped =
      farthestFirst.first { index in
        isBetterReached(order[index], likeness: ranked[index].likeness, by: order[..<index], scratch)
          && mayGo(order[index])
      } ?? farthestFirst.first { mayGo(order[$0]) }
    if let dropped {
      guard order[dropped] != place else { return }
      edits.disconnect(other, order[dropped], level, self)
      edits.connect(place, other, level, self)
    } else if must, let farthest = order.last(where: { $0 != place }) {
      edits.disconnect(other, farthest, level, self)
      edits.connect(place, other, level, self)
      edits.connect(place, farthest, level, self)
    }
  }

  /// Places by their likeness to one, the likest first; of equals those that come first stay first.
  private func ranked(_ places: [UInt32], by one: UInt32, _ scratch: SearchScratch) -> [Candidate] {
    let query = GraphQuery(halves: scratch.halves, factor: store.widen(Int(one), to: scratch.halves))
    likenesses(query, places, places.count, to: scratch.likenesses)
    return places.indices.map { (index: $0, Candidate(likeness: scratch.likenesses[$0], place: places[$0])) }
      .sorted { $0.1.likeness != $1.1.likeness ? $0.1.likeness > $1.1.likeness : $0.index < $1.index }
      .map(\.1)
  }

  // MARK: Taking out

  /// What takes a place out: its edges go, and each neighbour gets an edge to another of them where one is near that is
  /// not reached better otherwise. Nothing is changed yet.
  func planRemoval(of place: UInt32, breadth: Int, _ scratch: SearchScratch) -> GraphEdits {
    var edits = GraphEdits()
    for level in 0...level(place) {
      let left = Array(neighbours(place, level))
      for neighbour in left { edits.disconnect(place, neighbour, level, self) }
      for neighbour in left { reconnect(neighbour, among: left, level, &edits, scratch) }
      for neighbour in left where edits.degree(neighbour, level, self) == 0 {
        relink(neighbour, level, without: place, breadth: breadth, &edits, scratch)
      }
    }
    if entry == place { edits.entry = highest(without: place) }
    return edits
  }

  /// The place on the highest level but for one, of equals the first once the last place has moved into its gap; nil where
  /// there is no other. Looks at all places.
  private func highest(without place: UInt32) -> UInt32? {
    let last = UInt32(count - 1)
    return (0..<last).lazy.map { $0 == place ? last : $0 }.max { self.level($0) < self.level($1) }
  }

  private func reconnect(
    _ place: UInt32, among others: [UInt32], _ level: Int, _ edits: inout GraphEdits, _ scratch: SearchScratch
  ) {
    let own = edits.neighbours(place, level, self)
    guard own.count < limit(level) else { return }
    let candidates = others.filter {
      $0 != place && !own.contains($0) && edits.degree($0, level, self) < limit(level)
    }
    guard !candidates.isEmpty else { return }
    let ranked = ranked(candidates, by: place, scratch)
    let choice =
      ranked.first { !isBetterReached($0.place, likeness: $0.likeness, by: own, scratch) }
      ?? (own.count < links / 2 ? ranked.first : nil)
    if let choice { edits.connect(place, choice.place, level, self) }
  }

  /// Links a place that lost its last neighbour to what is like it.
  private func relink(
    _ place: UInt32, _ level: Int, without removed: UInt32, breadth: Int, _ edits: inout GraphEdits,
    _ scratch: SearchScratch
  ) {
    let halves = UnsafeMutablePointer<Int16>.allocate(capacity: store.width)
    defer { halves.deallocate() }
    let query = GraphQuery(halves: halves, factor: store.widen(Int(place), to: halves))
    guard let start = descend(query, to: level, scratch) else { return }
    search(query, from: start, level: level, breadth: breadth, scratch)
    var candidates: [Candidate] = []
    while scratch.found.count > 0 { candidates.append(scratch.found.pop()) }
    guard let nearest = candidates.last(where: { $0.place != place && $0.place != removed }) else { return }
    connect(place, nearest.place, level, &edits, scratch, must: true)
  }
}
