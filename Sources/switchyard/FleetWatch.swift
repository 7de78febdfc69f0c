import Balancing
import Discovery
import EngineClient
import Fleet
import NIOCore
import Synchronization
import Telemetry

/// Reads the metrics of a fleet's engines and listens to their KV events. Safe from any thread.
final class FleetWatch: Sendable {
  private struct State {
    var engines: [WatchedEngine] = []
    var scraping: Task<Void, Never>?
    /// Started with the first engine whose events are to be listened to.
    var subscriber: CacheEventSubscriber?
    var isStopped = false
  }

  private let followed: FollowedEngines
  private let scraper: MetricsScraper
  private let holdings: CacheHoldings
  /// What engines tell of their blocks' tokens, for the models that go by it.
  private let tokens: TokenBlockIndex?
  private let registry: MetricsRegistry
  private let index: PrefixIndex
  private let state = Mutex(State())

  /// - Parameters index, tokens: of all balancers.
  init(client: EngineHTTPClient, registry: MetricsRegistry, index: PrefixIndex, tokens: TokenBlockIndex?) {
    let followed = FollowedEngines(index: index, tokens: tokens)
    self.tokens = tokens
    self.followed = followed
    self.registry = registry
    self.index = index
    scraper = MetricsScraper(
      client: client, onEvent: { followed.scraper(told: $0) }, onPublish: { followed.published($0) })
    holdings = CacheHoldings { followed.cache(of: $0, did: $1) }
  }

  /// Watches these engines from now on, and no others.
  ///
  /// - Parameters:
  ///   - fleet: in force, with a balancer a model in the order of its models.
  func follow(_ engines: [WatchedEngine], of fleet: FleetSnapshot, balancers: [ModelBalancer]) {
    followed.follow(engines, of: fleet, balancers: balancers)
    tokens?.follow(engines.filter { $0.isExact && $0.cacheEvents != nil }.map(\.replica))
    observe(fleet)
    state.withLock { state in
      guard !state.isStopped else { return }
      let isSame =
        engines.count == state.engines.count && zip(engines, state.engines).allSatisfy { $0.isWatched(like: $1) }
      guard !isSame else { return }
      state.engines = engines
      let targets = engines.map(\.scrapeTarget)
      let before = state.scraping
      before?.cancel()
      state.scraping = Task { [scraper] in
        await before?.value
        guard !Task.isCancelled else { return }
        await scraper.run(targets)
      }
      listen(to: engines.compactMap(\.cacheEventSource), &state)
    }
  }

  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.scraping?.cancel()
      state.subscriber?.stop()
    }
  }

  private func listen(to sources: [CacheEventSubscriber.Source], _ state: inout State) {
    if state.subscriber == nil, !sources.isEmpty {
      let subscriber = CacheEventSubscriber(
        sink: CacheEventSinks([holdings] + (tokens.map { [$0] } ?? [])),
        onProblem: { StandardError.write("warning: \($0)") })
      do {
        try subscriber.start()
      } catch {
        return StandardError.write("warning: KV events are not listened to: \(error)")
      }
      state.subscriber = subscriber
      observe(subscriber)
    }
    state.subscriber?.listen(to: sources)
  }

  // MARK: Metrics of the router's own

  /// Gauges of what engines tell; a later fleet's replace them. What is not known is left out.
  private func observe(_ fleet: FleetSnapshot) {
    func gauge(_ name: String, _ help: String, _ read: @escaping @Sendable (Replica) -> Double?) {
      registry.removeGauges(name)
      for replica in fleet.replicas {
        registry.gauge(name, help: help, labels: [("replica", replica.name), ("address", replica.authority)]) {
          read(replica)
        }
      }
    }
    func metric(_ name: String, _ help: String, _ metric: EngineMetric) {
      gauge(name, help) { $0.metrics.value(metric, now: NIODeadline.now().uptimeNanoseconds) }
    }
    gauge("switchyard_replica_scrape_age_seconds", "Age of what a replica's engine last told of itself") { replica in
      let (scraped, now) = (replica.metrics.scrapedAt, NIODeadline.now().uptimeNanoseconds)
      return scraped > 0 ? Double(now - min(now, scraped)) / 1e9 : nil
    }
    metric("switchyard_replica_engine_running", "Requests that a replica's engine works on", .runningRequests)
    metric("switchyard_replica_engine_waiting", "Requests that wait on a replica's engine", .waitingRequests)
    metric("switchyard_replica_engine_asleep", "Whether a replica's engine sleeps: its level of sleep", .sleepState)
    metric("switchyard_replica_kv_cache_usage", "Share of a replica's KV cache in use", .kvCacheUsage)
    gauge("switchyard_replica_adapters", "LoRA adapters that a replica is known to have") { Double($0.adapters.count) }
    gauge("switchyard_replica_prefix_blocks", "Blocks of prompts that a replica is taken to have cached") {
      [index] replica in Double(index.residentBlocks(slot: replica.prefixSlot))
    }
    gauge("switchyard_replica_kv_blocks", "Blocks that a replica's KV events say it holds") { [holdings] replica in
      holdings.holding(of: replica.id).map { Double($0.blocks) }
    }
    gauge("switchyard_replica_token_blocks", "Blocks with known tokens that a replica's KV events say it holds") {
      [tokens] replica in tokens?.blocks(of: replica).map(Double.init)
    }
  }

  func observe(_ tokenizer: PromptTokenizer) {
    func gauge(_ name: String, _ help: String, _ read: @escaping @Sendable (PromptTokenizer.Statistics) -> Int) {
      registry.gauge(name, help: help) { Double(read(tokenizer.statistics)) }
    }
    gauge("switchyard_tokenize_calls", "Questions to engines for a prompt's tokens, since the start") { $0.calls }
    gauge("switchyard_tokenize_failures", "Of those, how many were not answered soundly in time") { $0.failures }
    gauge("switchyard_tokenize_known", "Prompts whose tokens were known, since the start") { $0.known }
    gauge("switchyard_tokenize_shared", "Prompts that an engine was being asked about, since the start") { $0.shared }
    gauge("switchyard_tokenize_declined", "Prompts that nobody was asked about, since the start") { $0.declined }
    registry.gauge(
      "switchyard_tokenize_mismatches", help: "Answers with another number of prompt tokens than engines had told"
    ) { [tokens] in tokens.map { Double($0.mismatches) } }
  }

  private func observe(_ subscriber: CacheEventSubscriber) {
    func gauge(_ name: String, _ help: String, _ read: @escaping @Sendable (CacheEventSubscriber.Statistics) -> Int) {
      registry.gauge(name, help: help) { Double(read(subscriber.statistics)) }
    }
    gauge("switchyard_kv_events", "KV events since the start") { $0.events }
    gauge("switchyard_kv_events_unknown", "KV events of a form that is not known, since the start") {
      $0.unknownEvents
    }
    gauge("switchyard_kv_event_bad_messages", "Messages of KV events that could not be read, since the start") {
      $0.badMessages
    }
    gauge("switchyard_kv_event_replays", "Replays of KV events asked for since the start") { $0.replays }
    gauge("switchyard_kv_event_restarts", "Times that KV events told of an engine that began anew") { $0.restarts }
    gauge("switchyard_kv_event_losses", "Times that KV events were lost for good, since the start") { $0.losses }
  }
}
