import Fleet
import Gateway
import Pipeline
import Reading
import Telemetry

/// What the sessions of one event loop share: the snapshot in force, the moment, chance and accounts. Used from that loop
/// alone, so nothing here is locked.
package final class ProcessorScope {
  let settings: ExtProcSettings
  let context: GatewayContext
  var snapshot: RoutingSnapshot {
    didSet { follow(snapshot) }
  }
  /// The fleet has models that pairs serve: then heads are kept, for their prefill legs.
  private(set) var hasPairs = false
  var retries = RetryAllowance()
  /// Monotonic nanoseconds: when the event came that is being handled.
  private(set) var now: UInt64
  /// Monotonic nanoseconds.
  private let clock: () -> UInt64
  var random: any RandomNumberGenerator
  var chooser: ReplicaChooser
  /// Addresses of replicas that are known by a host name, by replica (``ReplicaAddresses``).
  var addresses: [Int: String] = [:]
  var accounts: LoopAccounts
  private var tokens: [String: ProcessorTokens] = [:]
  /// Has the encoder read a prompt, and tells on this loop; the usual one reads at once, on the calling thread.
  var read: (UnfinishedPlan, @escaping (PromptEncoding) -> Void) -> Void = { reading, answer in
    answer(reading.readNow())
  }

  /// Sends prefill legs; where nobody does, none comes about.
  var prefill: PrefillCall.Sender = { _, _, onEnd in
    onEnd(.failed(.cannotConnect, "nobody sends prefill legs"))
    return {}
  }

  package init(
    settings: ExtProcSettings, context: GatewayContext, snapshot: RoutingSnapshot, clock: @escaping () -> UInt64,
    random: any RandomNumberGenerator
  ) {
    self.settings = settings
    self.context = context
    accounts = LoopAccounts(context)
    chooser = ReplicaChooser(index: snapshot.index)
    self.snapshot = snapshot
    self.clock = clock
    now = clock()
    self.random = random
    follow(snapshot)
  }

  private func follow(_ snapshot: RoutingSnapshot) {
    hasPairs = snapshot.fleet.models.contains { $0.hasPairs }
    retries.keep { snapshot.fleet.index(ofModel: $0) != nil }
  }

  /// Looks at the clock: to be called where an event comes in, and where work took time.
  ///
  /// - Returns: the moment.
  @discardableResult
  func refreshTime() -> UInt64 {
    now = clock()
    return now
  }

  var metrics: GatewayMetrics { context.metrics }
  var bodyLimit: Int { context.settings.bodyLimit }

  /// The most bytes of a message from Envoy.
  var messageLimit: Int { bodyLimit + settings.messageOverhead }

  /// Answers that broke off, counted with the gateway's.
  func brokenAnswers(ofModel name: String) -> Counter {
    metrics.registry.counter(
      "switchyard_broken_answers_total", help: "Answers that began and came to no end", labels: [("model", name)])
  }

  func tokens(ofModel name: String) -> ProcessorTokens {
    if let known = tokens[name] { return known }
    let new = ProcessorTokens(registry: context.metrics.registry, model: name)
    tokens[name] = new
    return new
  }
}
