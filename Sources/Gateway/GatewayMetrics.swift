import Balancing
import EngineClient
import Fleet
import Pipeline
import Reading
import Reliability
import Signals
import Telemetry

/// The gateway's metrics, named as the semantic router names them where it has them.
public final class GatewayMetrics: Sendable {
  public let registry: MetricsRegistry
  package let retries: Counter
  package let retriesWithheld: Counter
  let hedges: Counter
  package let clientsGone: Counter
  package let connectionsRefused: Counter
  package let encoderFailures: Counter
  package let encoderPartialReadings: Counter
  private let jailbreakFailures: Counter
  private let personalDataFailures: Counter

  public init(registry: MetricsRegistry) {
    self.registry = registry
    retries = registry.counter("switchyard_retries_total", help: "Requests sent to a further replica")
    retriesWithheld = registry.counter(
      "switchyard_retries_withheld_total", help: "Requests not sent again because retries are at their share")
    hedges = registry.counter(
      "switchyard_hedges_total", help: "Second copies of requests sent while the first had no answer")
    clientsGone = registry.counter("switchyard_clients_gone_total", help: "Clients that left before their answer ended")
    connectionsRefused = registry.counter(
      "switchyard_connections_refused_total", help: "Clients' connections closed because there are too many")
    func guardFailures(_ family: SignalFamily) -> Counter {
      registry.counter(
        "switchyard_guard_failures_total", help: "Prompts that a guard's reader could not read, by signal",
        labels: [("signal", family.ruleType)])
    }
    jailbreakFailures = guardFailures(.jailbreak)
    personalDataFailures = guardFailures(.pii)
    encoderFailures = registry.counter(
      "switchyard_encoder_failures_total",
      help: "Prompts that were decided without the encoder: late, or its queue full")
    encoderPartialReadings = registry.counter(
      "switchyard_encoder_partial_readings_total",
      help: "Prompts of which the encoder read only some windows before its deadline")
  }

  // MARK: What each loop counts on its own

  /// Counters of plans. Of one loop, like all that follow here.
  package final class Routing: Sendable {
    package let latency: Histogram
    package let readCacheHits: Counter

    fileprivate init(_ registry: MetricsRegistry) {
      latency = registry.histogram(
        "llm_model_routing_latency_seconds", help: "From a complete request to its plan",
        bounds: Histogram.routingBounds, isOwn: true)
      readCacheHits = registry.counter(
        "switchyard_reading_cache_hits_total", help: "Prompts whose readings were known from before", isOwn: true)
    }
  }

  package func routing() -> Routing { Routing(registry) }

  /// Counters of one model.
  package final class Model: Sendable {
    package let requests: Counter
    package let latency: Histogram
    package let timeToFirstByte: Histogram

    fileprivate init(_ name: String, _ registry: MetricsRegistry) {
      let labels = [("model", name)]
      requests = registry.counter(
        "llm_model_requests_total", help: "Requests sent to a model", labels: labels, isOwn: true)
      latency = registry.histogram(
        "llm_model_completion_latency_seconds", help: "From a request to the end of its answer",
        bounds: Histogram.requestBounds, labels: labels, isOwn: true)
      timeToFirstByte = registry.histogram(
        "llm_model_ttft_seconds", help: "From a request to the first byte of its answer",
        bounds: Histogram.requestBounds, labels: labels, isOwn: true)
    }
  }

  package func model(_ name: String) -> Model { Model(name, registry) }

  /// Counters of one decision.
  package final class Decision: Sendable {
    package let matches: Counter
    package let confidence: Histogram

    fileprivate init(_ name: String, _ registry: MetricsRegistry) {
      let labels = [("decision_name", name)]
      matches = registry.counter(
        "llm_decision_match_total", help: "Requests that a decision took", labels: labels, isOwn: true)
      confidence = registry.histogram(
        "llm_decision_confidence", help: "Confidence of decisions taken", bounds: Histogram.confidenceBounds,
        labels: labels, isOwn: true)
    }
  }

  package func decision(_ name: String) -> Decision { Decision(name, registry) }

  package func choices(by strategy: StrategyKind) -> Counter {
    registry.counter(
      "switchyard_replica_choices_total", help: "Replicas chosen, by the strategy that decided",
      labels: [("strategy", strategy.rawValue)], isOwn: true)
  }

  package func answers(status: Int) -> Counter {
    registry.counter(
      "switchyard_answers_total", help: "Answers by status", labels: [("status", "\(status)")], isOwn: true)
  }

  // MARK: What all count together

  /// Counts what the encoder could not read, or not all of.
  package func count(_ encoding: PromptEncoding) {
    switch encoding {
    case .failed: encoderFailures.increment()
    case .read where encoding.shortfall != nil: encoderPartialReadings.increment()
    case .absent, .read: break
    }
  }

  /// Counts the guards of a plan whose readers failed.
  package func countFailedGuards(of plan: RoutePlan) {
    plan.forEachFailedGuard { ($0 == .jailbreak ? jailbreakFailures : personalDataFailures).increment() }
  }

  package func shortfalls(of strategy: StrategyKind, _ shortfall: Shortfall) -> Counter {
    registry.counter(
      "switchyard_strategy_shortfalls_total", help: "Choices for which a strategy lacked something, by what it lacked",
      labels: [("strategy", strategy.rawValue), ("reason", shortfall.rawValue)])
  }

  package func error(model: String, reason: String) -> Counter {
    registry.counter(
      "llm_request_errors_total", help: "Requests that failed", labels: [("model", model), ("reason", reason)])
  }

  /// Counts an engine's answer that is an error and the client's answer, by the semantic router's words.
  package func engineAnswered(_ status: Int, model: String) {
    guard status >= 400 else { return }
    error(model: model, reason: status >= 500 ? "upstream_5xx" : "upstream_4xx").increment()
  }

  package func shed(status: Int) -> Counter {
    registry.counter(
      "switchyard_shed_total", help: "Requests refused because the gateway is near its limits",
      labels: [("status", "\(status)")])
  }

  /// - Parameter limit: of the few that ``LimitRefusal/reason`` names; never a user's name.
  package func limitRefusals(by limit: String) -> Counter {
    registry.counter(
      "switchyard_limit_refusals_total", help: "Requests refused by limits of users and models, by the limit",
      labels: [("limit", limit)])
  }

  package func prefillLegs(_ outcome: PrefillOutcome) -> Counter {
    registry.counter(
      "switchyard_prefill_legs_total", help: "Prefills on replicas of their own, by how they ended",
      labels: [("outcome", outcome.rawValue)])
  }

  package func brokenAnswers(model: String) -> Counter {
    registry.counter(
      "switchyard_broken_answers_total", help: "Answers that began and came to no end", labels: [("model", model)])
  }

  /// Counts what became of adapters that engines were made to load.
  public func count(_ event: AdapterLoader.Event) {
    func counter(_ name: String, _ help: String) -> Counter { registry.counter(name, help: help) }
    switch event {
    case .loaded(_, let seconds):
      counter("switchyard_adapter_loads_total", "Adapters that engines loaded because they were asked for").increment()
      adapterLoadTime.observe(seconds)
    case .failed(_, _, let seconds):
      counter("switchyard_adapter_load_failures_total", "Adapters that engines could not load when they were asked for")
        .increment()
      adapterLoadTime.observe(seconds)
    case .unloaded:
      counter("switchyard_adapter_unloads_total", "Adapters that were unloaded to make room").increment()
    case .unloadFailed:
      counter("switchyard_adapter_unload_failures_total", "Adapters that engines did not unload to make room")
        .increment()
    }
  }

  private var adapterLoadTime: Histogram {
    registry.histogram(
      "switchyard_adapter_load_seconds", help: "From the wish for an adapter to the engine's answer",
      bounds: Histogram.requestBounds)
  }

  /// Gauges of what runs and is held, beside which the limits of shedding can be read.
  public func observe(_ load: GatewayLoad) {
    registry.gauge("switchyard_requests_running", help: "Requests taken in and not ended") { Double(load.requests) }
    registry.gauge("switchyard_request_bytes_held", help: "Bytes of requests that are held") { Double(load.bytes) }
  }

  /// Gauges of a fleet; a later fleet's replace them.
  public func observe(_ fleet: FleetSnapshot) {
    registry.removeGauges("switchyard_replica_in_flight")
    registry.removeGauges("switchyard_replica_ready")
    registry.removeGauges("switchyard_replica_connections")
    registry.removeGauges("switchyard_replica_ejections")
    registry.removeGauges("switchyard_replica_without_model")
    for model in fleet.models {
      for placement in model.strangers {
        registry.gauge(
          "switchyard_replica_without_model", help: "1 for a replica whose engine does not list the model",
          labels: [("model", model.name), ("replica", placement.name), ("address", placement.replica.authority)]
        ) { 1 }
      }
    }
    for replica in fleet.replicas {
      let labels = [("replica", replica.name), ("address", replica.authority)]
      registry.gauge("switchyard_replica_in_flight", help: "Requests running on a replica", labels: labels) {
        Double(replica.load.inFlight)
      }
      registry.gauge(
        "switchyard_replica_connections", help: "Connections to a replica, those of all loops", labels: labels
      ) { Double(replica.load.connections) }
      registry.gauge("switchyard_replica_ejections", help: "Times that a replica was ejected", labels: labels) {
        Double(replica.health.ejections)
      }
      registry.gauge(
        "switchyard_replica_ready", help: "0 for a replica that fails its checks or is ejected, else 1", labels: labels
      ) {
        replica.health.state == .failing || replica.health.state == .ejected ? 0 : 1
      }
    }
  }
}
