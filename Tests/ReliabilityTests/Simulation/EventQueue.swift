/// What happens next in virtual time: a binary heap by time, then by order of insertion, so that a run is determined.
struct EventQueue {
  struct Entry {
    var time: UInt64
    var order: Int
    var event: Event
  }

  private var heap: [Entry] = []
  private var inserted = 0

  var isEmpty: Bool { heap.isEmpty }

  mutating func insert(_ event: Event, at time: UInt64) {
    let entry = Entry(time: time, order: inserted, event: event)
    inserted += 1
    heap.append(entry)
    var place = heap.count - 1
    while place > 0 {
      let parent = (place - 1) >> 1
      guard Self.precedes(entry, heap[parent]) else { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = entry
  }

  mutating func popFirst() -> Entry? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    let count = heap.count
    guard count > 0 else { return first }
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count, Self.precedes(heap[child + 1], heap[child]) { child += 1 }
      guard Self.precedes(heap[child], last) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = last
    return first
  }

  private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
    left.time < right.time || (left.time == right.time && left.order < right.order)
  }
}
