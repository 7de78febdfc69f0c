import Routing

/// What a request comes to, in the terms of the document.
public struct RouteChoice: Sendable, Equatable {
  /// Who chose the model.
  public enum Kind: Sendable, Equatable {
    /// A decision that names it.
    case decision
    /// The document's default, for want of a decision that names one.
    case fallback
    /// The client.
    case passThrough
    /// Nobody: the decision has the router answer itself.
    case ownAnswer
  }

  public var kind: Kind
  /// The decision taken; also one that names no model. nil when none matches or none was asked for.
  public var decision: String?
  /// 0…1; 0 without a decision.
  public var confidence: Double
  /// The decision's `algorithm`, which may be one that this build does not act on; nil without a decision.
  public var declaredAlgorithm: String?
  /// How the model was in fact chosen among the decision's candidates.
  public var algorithm: String
  /// Types of the decision's plugins.
  public var plugins: [String]
  public var matchedRules: [MatchedRule]
  /// The first domain among the matched rules.
  public var category: String?
  /// A sentence: why this decision, or why none.
  public var reason: String
  /// What the router says in a model's place (`fast_response`).
  public var ownAnswer: String?
  /// The base model, whose replicas answer; of an own answer the decision's first, or empty.
  public var model: String
  /// The adapter asked for instead.
  public var adapter: String?
  /// The public names of the decision's candidates, best first.
  public var candidateModels: [String]
  /// What the decision says about reasoning; nil when it says nothing.
  public var usesReasoning: Bool?
  public var injectsSystemPrompt: Bool

  /// The name that clients know.
  public var publicModel: String { adapter ?? model }
}
