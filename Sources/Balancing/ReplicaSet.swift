/// The few replicas that one request has tried, without allocation: at most ``capacity``, which is also the limit on
/// attempts.
public struct ReplicaSet: Sendable, Equatable {
  public static let capacity = 6
  private var ids: (Int, Int, Int, Int, Int, Int) = (-1, -1, -1, -1, -1, -1)
  public private(set) var count = 0

  public init() {}

  public func contains(_ id: Int) -> Bool {
    ids.0 == id || ids.1 == id || ids.2 == id || ids.3 == id || ids.4 == id || ids.5 == id
  }

  /// - Precondition: fewer than ``capacity`` are in.
  public mutating func insert(_ id: Int) {
    precondition(count < Self.capacity, "a request tried more replicas than its limit")
    switch count {
    case 0: ids.0 = id
    case 1: ids.1 = id
    case 2: ids.2 = id
    case 3: ids.3 = id
    case 4: ids.4 = id
    default: ids.5 = id
    }
    count += 1
  }

  /// Takes one out; harmless when it is not in.
  public mutating func remove(_ id: Int) {
    var left = ReplicaSet()
    for other in [ids.0, ids.1, ids.2, ids.3, ids.4, ids.5] where other >= 0 && other != id { left.insert(other) }
    self = left
  }

  /// Inserts those of another set that are not in.
  ///
  /// - Precondition: there is room for them.
  public mutating func formUnion(_ other: ReplicaSet) {
    for id in [other.ids.0, other.ids.1, other.ids.2, other.ids.3, other.ids.4, other.ids.5] where id >= 0 {
      if !contains(id) { insert(id) }
    }
  }

  public static func == (left: Self, right: Self) -> Bool { left.ids == right.ids }
}
