/// What the linear domain model makes of a text before it becomes probabilities.
struct DomainScores: Sendable, Equatable {
  /// A score a label; lanes past the labels are 0.
  var labels: SIMD16<Double>
  /// The score for being about none of them.
  var none: Double
}
