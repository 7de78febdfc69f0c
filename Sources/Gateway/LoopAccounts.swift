import Balancing
import Pipeline
import Routing
import Telemetry

/// One event loop's counters, found once each, and its share of the access log. Used from that loop alone, so nothing
/// here is locked.
package struct LoopAccounts {
  private let metrics: GatewayMetrics
  private let accessLog: AccessLog?
  private var models: [String: GatewayMetrics.Model] = [:]
  private var decisions: [String: GatewayMetrics.Decision] = [:]
  /// By strategy, and the one that was counted last, which most often is the next one too.
  private var choices: [StrategyKind: Counter] = [:]
  private var lastChoice: (strategy: StrategyKind, counter: Counter)?
  /// By strategy asked for and what it lacked.
  private var shortfalls: [StrategyShortfall: Counter] = [:]
  /// By status, of which engines have at most 900.
  private var answers: [Int: Counter] = [:]
  private let log = AccessLogBuffer()

  package init(_ context: GatewayContext) {
    metrics = context.metrics
    accessLog = context.accessLog
  }

  package mutating func metrics(ofModel name: String) -> GatewayMetrics.Model {
    if let known = models[name] { return known }
    let new = metrics.model(name)
    models[name] = new
    return new
  }

  private mutating func metrics(ofDecision name: String) -> GatewayMetrics.Decision {
    if let known = decisions[name] { return known }
    let new = metrics.decision(name)
    decisions[name] = new
    return new
  }

  /// Counts a plan that was made: what it took, its decision, and guards that could not read.
  package mutating func count(_ plan: RoutePlan, nanoseconds: UInt64) {
    metrics.routingLatency.observe(nanoseconds: nanoseconds)
    if plan.wasReadBefore { metrics.readCacheHits.increment() }
    metrics.countFailedGuards(of: plan)
    guard let selection = plan.selection, let decision = selection.decision else { return }
    let counters = metrics(ofDecision: decision)
    counters.matches.increment()
    counters.confidence.observe(selection.confidence)
  }

  /// Counts a choice of a replica by the strategy that decided, and what it, or a part of it, lacked.
  package mutating func count(_ choice: ReplicaChoice) {
    if let last = lastChoice, last.strategy == choice.decided {
      last.counter.increment()
    } else {
      let counter = choices[choice.decided] ?? metrics.choices(by: choice.decided)
      choices[choice.decided] = counter
      lastChoice = (choice.decided, counter)
      counter.increment()
    }
    guard let shortfall = choice.shortfall else { return }
    let key = StrategyShortfall(strategy: choice.lacking, shortfall: shortfall)
    if let known = shortfalls[key] { return known.increment() }
    let new = metrics.shortfalls(of: key.strategy, key.shortfall)
    shortfalls[key] = new
    new.increment()
  }

  private struct StrategyShortfall: Hashable {
    var strategy: StrategyKind
    var shortfall: Shortfall
  }

  package mutating func countAnswer(_ status: Int) {
    if let known = answers[status] { return known.increment() }
    let new = metrics.answers(status: status)
    answers[status] = new
    new.increment()
  }

  /// A line of the access log, where there is one; written with others, a block at a time.
  package mutating func log(_ entry: @autoclosure () -> AccessLogBuffer.Entry, id: RequestID) {
    guard accessLog != nil else { return }
    log.append(entry(), id: id)
    if log.isFull { flushLog() }
  }

  /// Writes the lines that wait.
  package mutating func flushLog() {
    guard let accessLog, let block = log.take() else { return }
    accessLog.write(block.bytes, lines: block.lines)
  }
}
