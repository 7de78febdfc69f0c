import Balancing
import Fleet

/// Replays a trace against simulated replicas in virtual time, the replicas being chosen by the very code of the gateway.
///
/// The router sees what a router would: its own requests, their prompts in bytes, first tokens, ends and usage of answers,
/// and metrics scraped once a second. Seeded: the same settings give the same result.
public struct FleetReplay: Sendable {
  public struct Settings: Sendable {
    public var replicas = 8
    /// Blocks of 512 tokens that each replica's cache holds.
    public var cacheBlocks = 3_000
    /// Uncached prompt tokens that a replica reads a second.
    public var tokensPerSecond = 7_000.0
    /// For every replica in turn, how its speed compares with that; all are 1 when it is empty.
    public var speeds: [Double] = []
    /// Added to each prefill.
    public var fixedSeconds = 0.03
    /// Between the tokens of an answer.
    public var secondsPerToken = 0.02
    /// Whether metrics tell how large the cache is.
    public var tellsCacheSize = true
    /// Whether answers tell how many prompt tokens were cached.
    public var tellsCachedTokens = true
    /// Whether metrics are scraped at all.
    public var scrapes = true
    /// How far a prompt's bytes for each token may be from the mean of 4, as a share of it.
    public var byteNoise = 0.1
    /// For the strategies that go by one, in seconds.
    public var firstTokenTarget = 2.0
    public var seed: UInt64 = 1

    public init() {}
  }

  public let trace: Trace
  public let settings: Settings

  public init(trace: Trace, settings: Settings = Settings()) {
    self.trace = trace
    self.settings = settings
  }

  /// - Parameter progress: told the requests that arrived and their number in all, every 1 000.
  /// - Throws: when the prefix index that the caches need does not fit into memory.
  public func run(
    _ strategy: RoutingStrategy, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(PrefixIndex.NoMemory) -> ReplayResult {
    var world = try ReplayWorld(settings)
    var result = ReplayResult(strategy: strategy.description, replicas: settings.replicas)
    result.reserve(trace.requests.count)
    for (index, request) in trace.requests.enumerated() {
      world.advance(to: request.arrival)
      world.arrive(request, strategy, &result)
      if index % 1_000 == 999 { progress(index + 1, trace.requests.count) }
    }
    world.advance(to: .max)
    result.cacheCapacities = world.capacities
    result.learntCost = world.sharedCost
    return result
  }
}
