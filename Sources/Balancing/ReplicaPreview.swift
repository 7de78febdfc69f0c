/// What a choice by a strategy would be made on, for explanations. Making one counts nothing.
public struct ReplicaPreview: Sendable, Equatable {
  /// In the order of the placements.
  public var candidates: [CandidateScore]
  /// What was asked for.
  public var asked: RoutingStrategy
  /// What decides: the same, or with substitutes in the place of what lacks something.
  public var decided: RoutingStrategy
  /// Why a substitute decides, or something is guessed; nil when the strategy has all it needs.
  public var shortfall: Shortfall?

  /// The candidate of the highest score, the first of equals; nil when none may be chosen.
  public var best: Int? { Self.best(of: candidates) }

  static func best(of candidates: [CandidateScore]) -> Int? {
    candidates.indices.filter { candidates[$0].isEligible }
      .max { candidates[$0].score < candidates[$1].score || candidates[$0].score == candidates[$1].score && $0 > $1 }
  }
}
