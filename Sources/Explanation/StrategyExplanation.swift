import Balancing
import Pipeline

/// By what the replica of a request is picked.
public struct StrategyExplanation: Sendable, Equatable {
  /// The strategy that holds, as the field `routing-strategy` writes it.
  public var strategy: String
  /// What decides: the same, or with substitutes in the place of what lacks something.
  public var decided: String
  public var shortfall: Shortfall?
  /// The profile that holds; nil for none.
  public var profile: String?
  /// nil where the request leaves no replicas out.
  public var filter: FilterExplanation?

  /// A pair serves the request, whatever was asked for.
  init(pairFor wish: ReplicaWish) {
    strategy = wish.strategy.description
    decided = StrategyKind.pd.rawValue
    shortfall = wish.wantsPair ? nil : .onlyPairs
  }

  init(_ preview: ReplicaPreview) {
    strategy = preview.asked.description
    decided = preview.decided.description
    shortfall = preview.shortfall
  }

  /// What the strategy lacks, and what decides therefore; nil when it has all it needs.
  public var reason: String? {
    shortfall.map { decided == strategy ? $0.explanation : "\($0.explanation), so \(decided) decides" }
  }
}
