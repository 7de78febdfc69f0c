import Balancing
import EngineClient
import Fleet
import Gateway
import Pipeline
import Reading
import Reliability
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
  /// The retry budgets of the models whose prefill legs this loop sends, with the ratios that they are of. Bound: the models
  /// of the fleet, and until it changes those of requests that were under way when it last did.
  private var retryBudgets: [String: (ratio: Double, budget: RetryBudget)] = [:]
  /// Monotonic nanoseconds: when the event came that is being handled.
  private(set) var now: UInt64
  /// Monotonic nanoseconds.
  private let clock: () -> UInt64
  var random: any RandomNumberGenerator
  var chooser: ReplicaChooser
  /// Addresses of replicas that are known by a host name.
  var addresses = ReplicaAddresses.none
  var accounts: LoopAccounts
  private var tokens: [String: ProcessorTokens] = [:]
  /// Has the encoder read a prompt, and tells on this loop; the usual one reads at once, on the calling thread.
  var read: (UnfinishedPlan, @escaping (PromptEncoding) -> Void) -> Void = { reading, answer in
    answer(reading.readNow())
  }

  /// What is known at once of a prompt's tokens.
  enum Tokens {
    case known(TokenChains)
    /// The answer comes later; calling this ends the wait for it.
    case later(abandon: () -> Void)
    case declined
  }

  /// Has an engine asked for a prompt's tokens, and tells on this loop; nil where nobody does.
  var tokenize: ((PromptTokenizer.Question, @escaping (TokenChains?) -> Void) -> Tokens)?

  /// Sends prefill legs; nil where nobody does, and then no request goes to a pair.
  var prefill: PrefillCall.Sender?

  /// What becomes of an order for an adapter.
  enum AdapterReply {
    case loaded
    case failed(AdapterLoader.Failure)
    /// The outcome is told later, unless `leave` is called.
    case waiting(leave: () -> Void)
  }

  /// Has an engine load an adapter, and tells on this loop; nil where nobody does, and then requests go on without.
  var loadAdapter: ((AdapterLoader.Order, @escaping (AdapterLoader.Outcome) -> Void) -> AdapterReply)?

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
    retryBudgets = retryBudgets.filter { snapshot.fleet.index(ofModel: $0.key) != nil }
  }

  /// Changes a model's retry budget, which begins anew where the configuration has another ratio for it.
  func withRetryBudget<Result>(ofModel name: String, _ change: (inout RetryBudget) -> Result) -> Result {
    let ratio = snapshot.fleet.model(named: name)?.policy.retryRatio ?? 0
    var budget = RetryBudget(ratio: ratio)
    if let known = retryBudgets[name], known.ratio == ratio { budget = known.budget }
    defer { retryBudgets[name] = (ratio, budget) }
    return change(&budget)
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

  func tokens(ofModel name: String) -> ProcessorTokens {
    if let known = tokens[name] { return known }
    let new = ProcessorTokens(registry: context.metrics.registry, model: name)
    tokens[name] = new
    return new
  }
}
