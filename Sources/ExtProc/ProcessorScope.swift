import Fleet
import Gateway
import Pipeline
import Reliability
import Telemetry

/// What the sessions of one event loop share: the snapshot in force, the moment, chance, counters and their share of the
/// access log. Used from that loop alone, so nothing here is locked; reads no clock.
final class ProcessorScope {
  let settings: ExtProcSettings
  let context: GatewayContext
  var snapshot: RoutingSnapshot
  /// Monotonic nanoseconds: when the event came that is being handled.
  var now: UInt64
  var random: any RandomNumberGenerator
  /// Addresses of replicas that are known by a host name, by replica: an ORIGINAL_DST cluster takes addresses only.
  var addresses: [Int: String] = [:]
  private var models: [String: GatewayMetrics.Model] = [:]
  private var tokens: [String: ProcessorTokens] = [:]
  private var decisions: [String: GatewayMetrics.Decision] = [:]
  private var answers: [Int: Counter] = [:]
  private var log = AccessLogBuffer()

  init(
    settings: ExtProcSettings, context: GatewayContext, snapshot: RoutingSnapshot, now: UInt64,
    random: any RandomNumberGenerator
  ) {
    self.settings = settings
    self.context = context
    self.snapshot = snapshot
    self.now = now
    self.random = random
  }

  var metrics: GatewayMetrics { context.metrics }
  var bodyLimit: Int { context.settings.bodyLimit }

  /// The most bytes of a message from Envoy.
  var messageLimit: Int { bodyLimit + settings.messageOverhead }

  func metrics(ofModel name: String) -> GatewayMetrics.Model {
    if let known = models[name] { return known }
    let new = context.metrics.model(name)
    models[name] = new
    return new
  }

  func tokens(ofModel name: String) -> ProcessorTokens {
    if let known = tokens[name] { return known }
    let new = ProcessorTokens(registry: context.metrics.registry, model: name)
    tokens[name] = new
    return new
  }

  func metrics(ofDecision name: String) -> GatewayMetrics.Decision {
    if let known = decisions[name] { return known }
    let new = context.metrics.decision(name)
    decisions[name] = new
    return new
  }

  func countAnswer(_ status: Int) {
    if let known = answers[status] { return known.increment() }
    let new = context.metrics.answers(status: status)
    answers[status] = new
    new.increment()
  }

  func logged(_ append: (inout AccessLogBuffer) -> Void) {
    guard context.accessLog != nil else { return }
    append(&log)
    if log.isFull { flushLog() }
  }

  func flushLog() {
    guard let accessLog = context.accessLog, let block = log.take() else { return }
    accessLog.write(block.bytes, lines: block.lines)
  }
}
