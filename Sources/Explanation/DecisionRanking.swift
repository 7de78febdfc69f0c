import RouterConfig
import Routing

/// Says in a sentence why one decision was taken and not another: the same order as ``DecisionEngine``'s.
struct DecisionRanking {
  var strategy: RoutingStrategy

  /// - Parameter decisions: with at most one chosen.
  func reason(for decisions: [DecisionExplanation]) -> String {
    guard !decisions.isEmpty else { return "the recipe declares no decision" }
    guard let chosen = decisions.first(where: { $0.trace.isChosen }) else {
      let failed = decisions.count { $0.trace.root.result == .failed }
      return (decisions.count == 1 ? "its one decision does not match" : "none of \(decisions.count) decisions matches")
        + (failed == 0 ? "" : "; \(failed) could not be judged, because signals failed")
    }
    let matched = decisions.filter { $0.trace.root.result == .matched }
    let others = matched.filter { !$0.trace.isChosen }
    guard let rival = others.min(by: { isBetter($0, $1) }) else {
      return decisions.count == 1 ? "it matches" : "it alone of \(decisions.count) decisions matches"
    }
    let count = matched.count == 2 ? "two decisions match" : "\(matched.count) decisions match"
    return "\(count): \(advantage(of: chosen, over: rival))"
  }

  private func advantage(of chosen: DecisionExplanation, over rival: DecisionExplanation) -> String {
    let (ours, theirs) = (chosen.trace, rival.trace)
    if group(ours) != group(theirs) {
      if ours.tier > 0 {
        return theirs.tier > 0
          ? "its tier \(ours.tier) comes before \(theirs.name)'s \(theirs.tier)"
          : "its tier \(ours.tier) comes before \(theirs.name), which has none"
      }
      return "its priority \(ours.priority) is above \(theirs.name)'s \(theirs.priority)"
    }
    if ours.root.confidence != theirs.root.confidence {
      return "its confidence \(Decimals.text(ours.root.confidence, places: 4)) is above \(theirs.name)'s "
        + Decimals.text(theirs.root.confidence, places: 4)
    }
    if ours.priority != theirs.priority {
      return "it is as sure as \(theirs.name), and its priority \(ours.priority) is above \(theirs.priority)"
    }
    return "it equals \(theirs.name) in confidence and priority, and its name comes first"
  }

  /// Lower is looked at first: tiers, then the rest by priority or all together.
  private func group(_ trace: DecisionTrace) -> (Int, Int) {
    if trace.tier > 0 { return (0, trace.tier) }
    return strategy == .priority ? (1, -trace.priority) : (1, 0)
  }

  private func isBetter(_ left: DecisionExplanation, _ right: DecisionExplanation) -> Bool {
    let (a, b) = (left.trace, right.trace)
    if group(a) != group(b) { return group(a) < group(b) }
    if a.root.confidence != b.root.confidence { return a.root.confidence > b.root.confidence }
    if a.priority != b.priority { return a.priority > b.priority }
    return a.name < b.name
  }
}
