import Balancing
import Discovery
import EngineClient
import Fleet
import NIOCore
import Synchronization

/// The engines that are watched, and what is done with what they tell: balancers learn of it, the log gets a line for what
/// is new. Called from any thread.
///
/// The engines' hashes of blocks are of token numbers, those of the prefix index of text, so KV events do not tell it which
/// prompts a replica has. They tell when it has none any more, and how much it can hold at least; the index of tokens has the rest.
final class FollowedEngines: Sendable {
  private struct Entry {
    var engine: WatchedEngine
    /// Of the first of its models.
    var balancer: ModelBalancer?
    /// The last line about its metrics, so that none is written twice in a row.
    var line = ""
    /// When its events said that it is empty; monotonic nanoseconds.
    var emptiedAt: UInt64?
  }

  /// Of all balancers.
  private let index: PrefixIndex
  private let tokens: TokenBlockIndex?
  /// By the replica's identity.
  private let entries = Mutex<[Int: Entry]>([:])

  init(index: PrefixIndex, tokens: TokenBlockIndex?) {
    self.index = index
    self.tokens = tokens
  }

  /// Knows these engines from now on, and no others.
  ///
  /// - Parameter balancers: one a model, in the order of the fleet's models.
  func follow(_ engines: [WatchedEngine], of fleet: FleetSnapshot, balancers: [ModelBalancer]) {
    var first: [Int: ModelBalancer] = [:]
    for (model, balancer) in zip(fleet.models, balancers) {
      for placement in model.placements where first[placement.replica.id] == nil {
        first[placement.replica.id] = balancer
      }
    }
    entries.withLock { entries in
      entries = Dictionary(
        uniqueKeysWithValues: engines.map { engine in
          let id = engine.replica.id
          return (
            id,
            Entry(
              engine: engine, balancer: first[id], line: entries[id]?.line ?? "", emptiedAt: entries[id]?.emptiedAt)
          )
        })
    }
  }

  // MARK: Metrics

  /// A replica's numbers were published.
  func published(_ replica: Replica) {
    balancer(of: replica.id)?.metricsPublished(of: replica)
  }

  func scraper(told event: MetricsScraper.Event) {
    let replica = event.replica
    switch event.kind {
    case .speaks(let dialect):
      tell(replica, "its metrics are read, in the dialect \(dialect)")
    case .failed(let failure):
      // Of engines that are not there the probes tell.
      if case .unreachable = failure, !hasMetricsElsewhere(replica) { return }
      tell(replica, "its metrics cannot be read: \(failure)")
    case .restarted:
      forget(replica.id)
      // Events that told of it have told also what came since; else what it holds is as good as unknown.
      let now = NIODeadline.now().uptimeNanoseconds
      if emptiedAt(replica.id).map({ now > $0 + Self.restartSpan }) ?? true {
        tokens?.cleared(replica: replica.id, knowledge: .part)
      }
    }
  }

  private func hasMetricsElsewhere(_ replica: Replica) -> Bool {
    entries.withLock { $0[replica.id]?.engine.metricsPort != nil }
  }

  private func tell(_ replica: Replica, _ what: String) {
    let line = "replica \(replica.name) (\(replica.authority)): \(what)"
    let isNew = entries.withLock { entries in
      guard let last = entries[replica.id]?.line, last != line else { return false }
      entries[replica.id]?.line = line
      return true
    }
    if isNew { StandardError.write(line) }
  }

  /// A restart shows in events and in metrics within this time.
  private static let restartSpan: UInt64 = 15_000_000_000

  private func emptiedAt(_ id: Int) -> UInt64? { entries.withLock { $0[id]?.emptiedAt } }

  // MARK: KV events

  func cache(of replica: Int, did change: CacheHoldings.Change) {
    switch change {
    case .stored(let holding):
      guard let entry = entries.withLock({ $0[replica] }) else { return }
      entry.balancer?.cacheHolds(tokens: holding.tokens, on: entry.engine.replica)
    case .emptied:
      entries.withLock { $0[replica]?.emptiedAt = NIODeadline.now().uptimeNanoseconds }
      forget(replica)
    }
  }

  /// The replica's cache is empty.
  private func forget(_ id: Int) {
    guard let entry = entries.withLock({ $0[id] }) else { return }
    index.clear(slot: entry.engine.replica.prefixSlot)
  }

  private func balancer(of id: Int) -> ModelBalancer? { entries.withLock { $0[id]?.balancer } }
}
