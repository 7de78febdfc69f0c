// Times a decision over the 15 rules of the sample configuration, and the whole plan of a prompt read before.
//   swift run -c release bench-decision
import Balancing
import ChatProtocols
import Foundation
import Pipeline
import Reading
import RouterConfig
import Routing
import Signals

func run() throws {
  let file = "deploy/samples/aibrix.yaml"
  let document = try ConfigurationLoader(environment: [:])
    .load(Array(try Data(contentsOf: URL(fileURLWithPath: file))), file: file).document
  let snapshot = try RoutingSnapshot(
    document: document, fleet: StaticFleet.build(document).fleet,
    models: ReadingModels(domain: try LinearDomainClassifier.bundled()),
    balancers: BalancerDirectory(maximumBlocks: 1_000),
    generation: 1)
  let clock: @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }
  let prompt = "What is the derivative of f(x) = x^3?"
  let body = Array(#"{"model":"MoM","messages":[{"role":"user","content":"\#(prompt)"}]}"#.utf8)

  /// The lowest mean of 20 rounds, in microseconds.
  func best(of count: Int, _ work: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<20 {
      let start = clock()
      for _ in 0..<count { work() }
      best = min(best, Double(clock() - start) / Double(count) / 1000)
    }
    return best
  }

  let facts = try RequestFacts.scan(body: body, endpoint: .chatCompletions)
  let promptFacts = body.withUnsafeBytes { facts.promptFacts(body: $0) }
  var readings = SignalReadings()
  for family in SignalFamily.allCases {
    readings[family] = snapshot.readers[0].read(family, of: promptFacts, clock: clock)
  }
  let engine = snapshot.router.recipes[0].engine
  var sink = 0
  let decision = best(of: 10_000) {
    if case .decided(let index, _) = engine.decide(readings) { sink &+= index }
  }
  let cached = RoutePipeline(cache: ReadingCache(), clock: clock)
  let uncached = RoutePipeline(cache: nil, clock: clock)
  func plan(_ pipeline: RoutePipeline) {
    body.withUnsafeBytes { bytes in
      if let plan = try? pipeline.plan(body: bytes, endpoint: .chatCompletions, snapshot: snapshot) {
        sink &+= plan.model.utf8.count
      }
    }
  }
  print("decisions in \(file): \(document.routing.decisions.count)")
  print("whole plan, prompt read before: \(best(of: 2_000) { plan(cached) }) us")
  print("whole plan, prompt never read: \(best(of: 2_000) { plan(uncached) }) us")
  print("figure decision_15_rules_us \(decision) us")
  if sink == 42 { print("") }
}

try run()
