import RouterConfig
import Testing

@testable import Explanation
@testable import Routing

@Suite struct RankingTests {
  private func decision(
    _ name: String, priority: Int = 0, tier: Int = 0, _ confidence: Double?, chosen: Bool = false
  ) -> DecisionExplanation {
    DecisionExplanation(
      decision: Decision(name: name, priority: priority, tier: tier),
      trace: DecisionTrace(
        name: name, priority: priority, tier: tier,
        root: RuleTrace(
          kind: .always, signalType: "", signalName: "", label: nil, result: confidence == nil ? .unmatched : .matched,
          confidence: confidence ?? 0, children: []),
        isChosen: chosen))
  }

  private func reason(_ strategy: RoutingStrategy, _ decisions: DecisionExplanation...) -> String {
    DecisionRanking(strategy: strategy).reason(for: decisions)
  }

  @Test("the reason names what set the decision apart from the next best")
  func reasons() {
    #expect(reason(.priority) == "the recipe declares no decision")
    #expect(reason(.priority, decision("a", nil)) == "its one decision does not match")
    #expect(reason(.priority, decision("a", 1, chosen: true)) == "it matches")
    #expect(
      reason(.priority, decision("a", 1, chosen: true), decision("b", nil)) == "it alone of 2 decisions matches")
    #expect(
      reason(.priority, decision("a", priority: 15, 0.2, chosen: true), decision("b", priority: 10, 0.9))
        == "two decisions match: its priority 15 is above b's 10")
    #expect(
      reason(
        .priority, decision("a", priority: 15, 0.2, chosen: true), decision("c", priority: 5, 1),
        decision("b", priority: 10, 0.9)) == "3 decisions match: its priority 15 is above b's 10")
    #expect(
      reason(.confidence, decision("a", priority: 15, 0.2), decision("b", priority: 10, 0.9, chosen: true))
        == "two decisions match: its confidence 0.9000 is above a's 0.2000")
    #expect(
      reason(.confidence, decision("a", priority: 15, 0.9, chosen: true), decision("b", priority: 10, 0.9))
        == "two decisions match: it is as sure as b, and its priority 15 is above 10")
    #expect(
      reason(.priority, decision("a", 0.9, chosen: true), decision("b", 0.9))
        == "two decisions match: it equals b in confidence and priority, and its name comes first")
    #expect(
      reason(.priority, decision("a", tier: 1, 0.1, chosen: true), decision("b", priority: 99, 0.9))
        == "two decisions match: its tier 1 comes before b, which has none")
    #expect(
      reason(.priority, decision("a", tier: 1, 0.1, chosen: true), decision("b", tier: 2, 0.9))
        == "two decisions match: its tier 1 comes before b's 2")
  }
}
