/// What the field `external-filter` leaves of a model's replicas.
public struct FilterExplanation: Sendable, Equatable {
  /// As it was read.
  public var selector: String
  /// Replicas whose labels it takes, of all that serve the model.
  public var left: Int
  public var all: Int
}
