import Balancing
import ChatProtocols
import Pipeline
import RouterConfig
import Routing
import Signals

/// Everything that is worth knowing of how one request is routed: the value behind `switchyard explain`, the evaluation
/// API and the console.
///
/// It is made after the plan and apart from it, so that the request path pays nothing for it. It holds the prompt's text:
/// show it to those who may see prompts. Plain value; safe from any thread.
///
/// ```swift
/// let explanation = RouteExplanation.explain(body, snapshot: snapshot, pipeline: pipeline, now: clock())
/// print(explanation.text(colour: true, width: 100))
/// ```
public struct RouteExplanation: Sendable, Equatable {
  public enum Outcome: Sendable, Equatable {
    case routed(RouteChoice)
    /// The error that the client gets.
    case refused(APIError)
  }

  /// nil when the body does not say.
  public var requestedModel: String?
  /// The recipe entered; nil for a pass-through and for a model that is not there.
  public var recipe: String?
  /// The text that signals read, whole.
  public var evaluationText: String
  public var outcome: Outcome
  /// The families that declare a rule, cheapest first; none without a recipe.
  public var families: [FamilyExplanation]
  /// Every decision of the recipe, in the order of the document.
  public var decisions: [DecisionExplanation]
  public var edits: [BodyEdit]
  /// Bytes of the body as it came and as it goes.
  public var bodyLength: (before: Int, after: Int) { (originalLength, sentLength) }
  /// By what the replica is picked; nil where there is none to pick from.
  public var balancing: StrategyExplanation?
  /// The pair that the request would go to, or one of those that would do as well; nil where one replica serves it.
  public var pair: PairExplanation?
  /// The replicas of the chosen model as the next choice would see them. Replicas tell the same model by different
  /// names; ``edits`` are those for the best one.
  public var candidates: [CandidateScore]
  /// The routing headers of the answer; none while no replica can give one.
  public var headers: [HeaderField]
  /// Fallbacks taken, settings not acted on, and what else is out of the ordinary, as sentences.
  public var notes: [String]

  var originalLength: Int
  var sentLength: Int

  /// What the request comes to; nil when it is refused.
  public var choice: RouteChoice? {
    if case .routed(let choice) = outcome { choice } else { nil }
  }

  public var refusal: APIError? {
    if case .refused(let error) = outcome { error } else { nil }
  }

  /// Whether some replica may be chosen.
  public var hasReplica: Bool { candidates.contains(where: \.isEligible) }

  /// All signals, in the order of ``families``.
  public var signals: [SignalExplanation] { families.flatMap(\.signals) }
}
