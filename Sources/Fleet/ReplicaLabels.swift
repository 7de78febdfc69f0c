/// The labels of a replica, by key. A reference, because replicas that say the same share it: what a selector makes of it is
/// then worked out once for all of them.
public final class ReplicaLabels: Sendable, Equatable {
  public static let none = ReplicaLabels([:])

  public let values: [String: String]

  public init(_ values: [String: String]) { self.values = values }

  public static func == (one: ReplicaLabels, other: ReplicaLabels) -> Bool {
    one === other || one.values == other.values
  }
}
