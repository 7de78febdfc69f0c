import CVectorKernels

/// What places are compared with: halves, padded, and what they are worth.
struct GraphQuery {
  let halves: UnsafePointer<Int16>
  let factor: Float
}

extension NeighbourGraph {
  func likenesses(
    _ query: GraphQuery, _ places: UnsafePointer<UInt32>, _ count: Int, to output: UnsafeMutablePointer<Float>
  ) {
    store.kernels.likenesses(query.halves, store.blocks, places, count, store.width, query.factor, output)
  }

  func likeness(_ query: GraphQuery, _ place: UInt32) -> Float {
    var place = place
    var result: Float = 0
    likenesses(query, &place, 1, to: &result)
    return result
  }

  /// The place on the lowest level from which to search: on each level above `level` the nearest that steps from
  /// neighbour to neighbour reach. Nil in an empty graph.
  func descend(_ query: GraphQuery, to level: Int, _ scratch: SearchScratch) -> Candidate? {
    guard let entry else { return nil }
    var best = Candidate(likeness: likeness(query, entry), place: entry)
    var current = self.level(entry)
    while current > level {
      var moved = true
      while moved {
        moved = false
        let neighbours = neighbours(best.place, current)
        guard let start = neighbours.baseAddress, !neighbours.isEmpty else { break }
        likenesses(query, start, neighbours.count, to: scratch.likenesses)
        for index in neighbours.indices where scratch.likenesses[index] > best.likeness {
          best = Candidate(likeness: scratch.likenesses[index], place: neighbours[index])
          moved = true
        }
      }
      current -= 1
    }
    return best
  }

  /// The likest places of a level, `breadth` at most, in the scratch's `found`: follows the neighbours of the likest
  /// until no further one can be among them.
  func search(_ query: GraphQuery, from start: Candidate, level: Int, breadth: Int, _ scratch: SearchScratch) {
    scratch.beginVisits(of: count)
    scratch.candidates.removeAll()
    scratch.found.removeAll()
    _ = scratch.visit(start.place)
    scratch.candidates.push(start)
    scratch.found.push(start)
    while scratch.candidates.count > 0 {
      let nearest = scratch.candidates.pop()
      if scratch.found.count >= breadth, nearest.likeness < scratch.found.top.likeness { return }
      var fresh = 0
      for neighbour in neighbours(nearest.place, level) where scratch.visit(neighbour) {
        scratch.places[fresh] = neighbour
        fresh += 1
      }
      likenesses(query, scratch.places, fresh, to: scratch.likenesses)
      for index in 0..<fresh {
        let candidate = Candidate(likeness: scratch.likenesses[index], place: scratch.places[index])
        guard scratch.found.count < breadth || candidate.likeness > scratch.found.top.likeness else { continue }
        scratch.candidates.push(candidate)
        scratch.found.push(candidate)
        if scratch.found.count > breadth { _ = scratch.found.pop() }
      }
    }
  }
}
