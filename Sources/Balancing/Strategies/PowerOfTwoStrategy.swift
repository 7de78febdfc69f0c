/// `power-of-two`: of two replicas drawn at random, the one with fewer requests in flight for its weight.
///
/// Each is drawn in proportion to weight × slow-start factor; the two differ where there are two.
enum PowerOfTwoStrategy {
  static let documentation = StrategyDocumentation(
    "Of two replicas drawn at random, the one with fewer requests in flight.",
    inputs: "the requests that this router sent", substitute: nil, isCombinable: false)
}
