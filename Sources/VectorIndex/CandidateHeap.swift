/// A place and how like it is to what is searched for.
struct Candidate {
  var likeness: Float
  var place: UInt32
}

/// A binary heap of candidates: of the searches of a graph, so it grows but never shrinks.
struct CandidateHeap: ~Copyable {
  enum Order { case likestFirst, unlikestFirst }

  private var items: UnsafeMutablePointer<Candidate>
  private var room: Int
  private(set) var count = 0
  /// 1 where the likest is at the top, else -1.
  private let sign: Float

  init(_ order: Order, room: Int = 256) {
    items = .allocate(capacity: room)
    self.room = room
    sign = order == .likestFirst ? 1 : -1
  }

  deinit { items.deallocate() }

  var top: Candidate { items[0] }

  subscript(index: Int) -> Candidate { items[index] }

  mutating func removeAll() { count = 0 }

  mutating func push(_ candidate: Candidate) {
    if count == room {
      let larger = UnsafeMutablePointer<Candidate>.allocate(capacity: 2 * room)
      larger.update(from: items, count: count)
      items.deallocate()
      items = larger
      room *= 2
    }
    var index = count
    count += 1
    let key = candidate.likeness * sign
    while index > 0 {
      let parent = (index - 1) / 2
      guard items[parent].likeness * sign < key else { break }
      items[index] = items[parent]
      index = parent
    }
    items[index] = candidate
  }

  /// Takes the top; there must be one.
  mutating func pop() -> Candidate {
    let top = items[0]
    count -= 1
    guard count > 0 else { return top }
    let moved = items[count]
    let key = moved.likeness * sign
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < count else { break }
      if child + 1 < count, items[child + 1].likeness * sign > items[child].likeness * sign { child += 1 }
      guard items[child].likeness * sign > key else { break }
      items[index] = items[child]
      index = child
    }
    items[index] = moved
    return top
  }
}
