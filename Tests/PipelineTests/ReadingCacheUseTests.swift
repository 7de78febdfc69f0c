import Pipeline
import Reading
import RouterConfig
import Signals
import Testing

@Suite("Texts that were read before") struct ReadingCacheUseTests {
  private typealias F = PipelineFixture

  private func cache() -> ReadingCache { ReadingCache(maximumEntries: 64, maximumTextBytes: 1 << 16, seed: 1) }

  @Test("the second request with the same text is planned alike without asking the classifier")
  func second() throws {
    let classifier = CountingClassifier(.math)
    let snapshot = try F.snapshot(classifier: classifier) { _ in }
    let pipeline = F.pipeline(cache: cache())
    let first = try F.plan(F.request("x^3"), snapshot: snapshot, pipeline: pipeline)
    let second = try F.plan(F.request("x^3"), snapshot: snapshot, pipeline: pipeline)
    #expect(classifier.calls == 1)
    #expect(!first.plan.wasReadBefore)
    #expect(second.plan.wasReadBefore)
    #expect(second.body == first.body)
    #expect(second.plan.verdict == first.plan.verdict)
    #expect(second.plan.selection?.matchedRules == first.plan.selection?.matchedRules)
    // The same text in other words of JSON, other roles around it, another model name.
    let other = try F.plan(
      #"{"model":"auto","messages":[{"role":"system","content":"s"},{"role":"user","content":"\u0078^3"}]}"#,
      snapshot: snapshot, pipeline: pipeline)
    #expect(other.plan.wasReadBefore)
    #expect(classifier.calls == 1)
  }

  @Test("another text, another configuration, another recipe: read anew")
  func misses() throws {
    let classifier = CountingClassifier(.math)
    let pipeline = F.pipeline(cache: cache())
    func snapshot(_ generation: UInt64) throws -> RoutingSnapshot {
      try F.snapshot(classifier: classifier, generation: generation) { document in
        document.recipes = [Recipe(name: "r", routing: document.routing)]
        document.entrypoints = [Entrypoint(modelNames: ["r"], recipe: "r")]
      }
    }
    let one = try snapshot(1)
    func isKnown(_ text: String, _ snapshot: RoutingSnapshot, model: String = "MoM") throws -> Bool {
      try F.plan(F.request(text, model: model), snapshot: snapshot, pipeline: pipeline).plan.wasReadBefore
    }
    #expect(try !isKnown("a", one))
    #expect(try !isKnown("b", one))
    #expect(try !isKnown("a", one, model: "r"))
    #expect(try !isKnown("a", try snapshot(2)))
    #expect(classifier.calls == 4)
    #expect(try isKnown("a", one))
    #expect(try isKnown("a", one, model: "r"))
    #expect(classifier.calls == 4)
  }

  @Test("what failed is asked for again")
  func failure() throws {
    let classifier = CountingClassifier(failure: ClassifierError("down"))
    let snapshot = try F.snapshot(classifier: classifier) { _ in }
    let pipeline = F.pipeline(cache: cache())
    for _ in 0..<2 {
      let plan = try F.plan(F.request("x^3"), snapshot: snapshot, pipeline: pipeline).plan
      #expect(plan.selection?.decision == nil)
      #expect(!plan.wasReadBefore)
    }
    #expect(classifier.calls == 2)
  }

  @Test("a keyword that was enough the first time is enough the second, and the subject stays unread")
  func partial() throws {
    let classifier = CountingClassifier(.math)
    let snapshot = try F.snapshot(classifier: classifier) { _ in }
    let pipeline = F.pipeline(cache: cache())
    _ = try F.plan(F.request("urgent"), snapshot: snapshot, pipeline: pipeline)
    let plan = try F.plan(F.request("urgent"), snapshot: snapshot, pipeline: pipeline).plan
    #expect(plan.wasReadBefore)
    #expect(plan.readings[.domain] == nil)
    #expect(classifier.calls == 0)
    // An explanation reads the rest and leaves it to those who come later.
    let explained = try F.plan(
      F.request("urgent"), snapshot: snapshot, pipeline: pipeline, options: .init(readsEverything: true)
    ).plan
    #expect(!explained.wasReadBefore)
    #expect(classifier.calls == 1)
    #expect(try F.plan(F.request("urgent"), snapshot: snapshot, pipeline: pipeline).plan.readings[.domain] != nil)
  }

  @Test("what depends on the envelope is never taken from the cache")
  func envelope() throws {
    let snapshot = try F.snapshot(classifier: CountingClassifier(.math)) { document in
      document.routing.signals.metadata = [MetadataRule(name: "gold", key: "tier", predicate: .equals("gold"))]
      document.routing.decisions.append(
        Decision(
          name: "gold", priority: 100, rules: .leaf(RuleLeaf(type: "metadata", name: "gold")),
          modelRefs: [ModelRef(model: F.model)]))
    }
    let pipeline = F.pipeline(cache: cache())
    func decision(_ metadata: String) throws -> String? {
      try F.plan(F.request("x^3", more: metadata), snapshot: snapshot, pipeline: pipeline).plan.selection?.decision
    }
    #expect(try decision(#","metadata":{"tier":"gold"}"#) == "gold")
    #expect(try decision("") == "math_decision")
    #expect(try decision(#","metadata":{"tier":"gold"}"#) == "gold")
    #expect(try decision("") == "math_decision")
  }

  @Test("without a cache each request is read anew")
  func noCache() throws {
    let classifier = CountingClassifier(.math)
    let snapshot = try F.snapshot(classifier: classifier) { _ in }
    for _ in 0..<2 { #expect(try !F.plan(F.request("x^3"), snapshot: snapshot).plan.wasReadBefore) }
    #expect(classifier.calls == 2)
  }
}
