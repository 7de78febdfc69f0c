import Balancing
import Pipeline
import Routing
import Telemetry

/// One event loop's counters, found once each, and its share of the access log. Used from that loop alone, so nothing
/// here is locked.
package struct LoopAccounts {
  private let metrics: GatewayMetrics
  private let routing: GatewayMetrics.Routing
  private let accessLog: AccessLog?
  private var models = Recalled<String, GatewayMetrics.Model>()
  private var decisions = Recalled<String, GatewayMetrics.Decision>()
  private var choices = Recalled<StrategyKind, Counter>()
  /// By strategy asked for and what it lacked.
  private var shortfalls: [StrategyShortfall: Counter] = [:]
  /// By status, of which engines have at most 900.
  private var answers = Recalled<Int, Counter>()
  private let log = AccessLogBuffer()

  package init(_ context: GatewayContext) {
    metrics = context.metrics
    routing = metrics.routing()
    accessLog = context.accessLog
  }

  package mutating func metrics(ofModel name: String) -> GatewayMetrics.Model {
    models.value(of: name) { metrics.model(name) }
  }

  /// Counts a plan that was made: what it took, its decision, and guards that could not read.
  package mutating func count(_ plan: RoutePlan, nanoseconds: UInt64) {
    routing.latency.observe(nanoseconds: nanoseconds)
    if plan.wasReadBefore { routing.readCacheHits.increment() }
    metrics.countFailedGuards(of: plan)
    guard let selection = plan.selection, let decision = selection.decision else { return }
    let counters = decisions.value(of: decision) { metrics.decision(decision) }
    counters.matches.increment()
    counters.confidence.observe(selection.confidence)
  }

  /// Counts a choice of a replica by the strategy that decided, and what it, or a part of it, lacked.
  package mutating func count(_ choice: ReplicaChoice) {
    choices.value(of: choice.decided) { metrics.choices(by: choice.decided) }.increment()
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
    answers.value(of: status) { metrics.answers(status: status) }.increment()
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
