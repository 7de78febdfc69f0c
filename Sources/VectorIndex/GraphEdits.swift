/// Changes of neighbours that are planned while others search, and then made at once.
struct GraphEdits {
  struct Key: Hashable {
    var place: UInt32
    var level: Int
  }

  /// The new lists of those that change.
  private(set) var lists: [Key: [UInt32]] = [:]
  /// Where searches begin when the place where they did is taken out; nil where none is left.
  var entry: UInt32?

  /// The neighbours that a place will have.
  func neighbours(_ place: UInt32, _ level: Int, _ graph: NeighbourGraph) -> [UInt32] {
    lists[Key(place: place, level: level)] ?? Array(graph.neighbours(place, level))
  }

  func degree(_ place: UInt32, _ level: Int, _ graph: NeighbourGraph) -> Int {
    lists[Key(place: place, level: level)]?.count ?? graph.neighbours(place, level).count
  }

  mutating func connect(_ left: UInt32, _ right: UInt32, _ level: Int, _ graph: NeighbourGraph) {
    change(left, level, graph) { $0.append(right) }
    change(right, level, graph) { $0.append(left) }
  }

  mutating func disconnect(_ left: UInt32, _ right: UInt32, _ level: Int, _ graph: NeighbourGraph) {
    change(left, level, graph) { $0.removeAll { $0 == right } }
    change(right, level, graph) { $0.removeAll { $0 == left } }
  }

  private mutating func change(
    _ place: UInt32, _ level: Int, _ graph: NeighbourGraph, _ body: (inout [UInt32]) -> Void
  ) {
    body(&lists[Key(place: place, level: level), default: Array(graph.neighbours(place, level))])
  }
}
