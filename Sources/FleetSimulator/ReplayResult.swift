import Balancing
import Fleet

/// What a replay came to.
public struct ReplayResult: Sendable {
  /// Width of the steps of ``meanOverTime``.
  public static let stepNanoseconds: UInt64 = 60_000_000_000

  public let strategy: String
  /// Seconds, in order of arrival.
  public private(set) var timesToFirstToken: [Double] = []
  /// By replica, how many requests it had.
  public private(set) var requestsByReplica: [Int]
  public private(set) var blocks = 0
  public private(set) var cachedBlocks = 0
  /// Requests for which no replica was found.
  public private(set) var refused = 0
  /// How often a strategy lacked something, and what.
  public private(set) var shortfalls: [Shortfall: Int] = [:]
  /// Blocks that the router took each replica's cache to hold at the end.
  public internal(set) var cacheCapacities: [Int] = []
  /// What it took a prefill to cost at the end.
  public internal(set) var learntCost: PrefillCost?
  private var steps: [(sum: Double, count: Int)] = []

  init(strategy: String, replicas: Int) {
    self.strategy = strategy
    requestsByReplica = Array(repeating: 0, count: replicas)
  }

  mutating func reserve(_ count: Int) { timesToFirstToken.reserveCapacity(count) }

  mutating func refuse() { refused += 1 }

  mutating func add(
    arrival: UInt64, timeToFirstToken: Double, replica: Int, blocks: Int, cachedBlocks: Int, shortfall: Shortfall?
  ) {
    timesToFirstToken.append(timeToFirstToken)
    requestsByReplica[replica] += 1
    self.blocks += blocks
    self.cachedBlocks += cachedBlocks
    if let shortfall { shortfalls[shortfall, default: 0] += 1 }
    // A day of steps; what comes later counts for the last.
    let step = min(1_439, Int(arrival / Self.stepNanoseconds))
    while steps.count <= step { steps.append((0, 0)) }
    steps[step].sum += timeToFirstToken
    steps[step].count += 1
  }

  /// Of all blocks of all prompts, those that were cached.
  public var blockHit: Double { blocks > 0 ? Double(cachedBlocks) / Double(blocks) : 0 }

  /// Seconds.
  public var meanTimeToFirstToken: Double {
    timesToFirstToken.isEmpty ? 0 : timesToFirstToken.reduce(0, +) / Double(timesToFirstToken.count)
  }

  /// Seconds; the nearest rank.
  ///
  /// - Parameter quantile: 0…1.
  public func timeToFirstToken(quantile: Double) -> Double {
    guard !timesToFirstToken.isEmpty else { return 0 }
    let sorted = timesToFirstToken.sorted()
    return sorted[min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
  }

  /// The mean time to first token of the requests that arrived in each minute, in seconds; nil where none did.
  public var meanOverTime: [Double?] { steps.map { $0.count > 0 ? $0.sum / Double($0.count) : nil } }
}
