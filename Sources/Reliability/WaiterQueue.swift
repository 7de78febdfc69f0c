/// Waiters in the order they came: a ring that grows to the largest number it ever held and never shrinks.
struct WaiterQueue: Sendable {
  private var ring: [Int] = []
  private var head = 0
  private(set) var count = 0

  /// Amortised O(1).
  mutating func append(_ waiter: Int) {
    if count == ring.count { grow() }
    ring[(head + count) & (ring.count - 1)] = waiter
    count += 1
  }

  mutating func popFirst() -> Int? {
    guard count > 0 else { return nil }
    let waiter = ring[head]
    head = (head + 1) & (ring.count - 1)
    count -= 1
    return waiter
  }

  /// O(count): closes the gap.
  mutating func remove(_ waiter: Int) -> Bool {
    let mask = ring.count - 1
    guard let place = (0..<count).first(where: { ring[(head + $0) & mask] == waiter }) else { return false }
    for later in place + 1..<count { ring[(head + later - 1) & mask] = ring[(head + later) & mask] }
    count -= 1
    return true
  }

  private mutating func grow() {
    var larger: [Int] = []
    larger.reserveCapacity(max(8, ring.count * 2))
    for place in 0..<count { larger.append(ring[(head + place) & (ring.count - 1)]) }
    larger.append(contentsOf: repeatElement(0, count: max(8, ring.count * 2) - count))
    ring = larger
    head = 0
  }
}
