/// `random`: any replica, in proportion to weight × slow-start factor.
enum RandomStrategy {
  static let documentation = StrategyDocumentation(
    "Any replica, in proportion to its weight.", inputs: "nothing", substitute: nil, isCombinable: false)
}
