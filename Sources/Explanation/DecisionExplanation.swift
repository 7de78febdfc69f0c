import RouterConfig
import Routing

/// One decision of a recipe, and how its rule tree came out.
public struct DecisionExplanation: Sendable, Equatable {
  /// As the document has it; its rules have the shape of ``trace``.
  public var decision: Decision
  public var trace: DecisionTrace
}

extension RuleNode {
  /// Every leaf, in the order of the document.
  var leaves: [RuleLeaf] {
    switch self {
    case .always: []
    case .leaf(let leaf): [leaf]
    case .and(let children), .or(let children): children.flatMap(\.leaves)
    case .not(let child): child.leaves
    }
  }
}
