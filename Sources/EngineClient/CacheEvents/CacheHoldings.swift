import Synchronization

/// How much each engine's cache holds by the engine's own events: blocks on the GPU that it stored and did not give up.
///
/// The engines' hashes are of token numbers, so they cannot be compared with those of texts: what is kept is the count.
/// It is what the engine holds at least, as far as its events came: blocks that were there before the first of them are
/// not counted. 64 bytes or so for each replica that is listened to. Safe from any thread.
public final class CacheHoldings: CacheEventSink {
  /// What one engine holds.
  public struct Holding: Sendable, Equatable {
    public var blocks = 0
    /// Tokens of a block; 0 until the engine says it.
    public var blockTokens = 0

    public init(blocks: Int = 0, blockTokens: Int = 0) {
      self.blocks = blocks
      self.blockTokens = blockTokens
    }

    /// Tokens of all its blocks; 0 until the engine says how many a block has.
    public var tokens: Int { blocks.multipliedReportingOverflow(by: blockTokens).partialValue }
  }

  /// What became known of a replica.
  public enum Change: Sendable, Equatable {
    /// It holds more than before.
    case stored(Holding)
    /// It holds nothing.
    case emptied
  }

  private let holdings = Mutex<[Int: Holding]>([:])
  /// Called on the subscriber's thread with the replica's identity.
  private let onChange: @Sendable (Int, Change) -> Void

  public init(onChange: @escaping @Sendable (Int, Change) -> Void) { self.onChange = onChange }

  /// What a replica holds; nil when nothing is known of it.
  public func holding(of replica: Int) -> Holding? { holdings.withLock { $0[replica] } }

  public func stored(replica: Int, blocks: StoredBlocks) {
    guard blocks.medium == .gpu else { return }
    let holding = holdings.withLock { holdings in
      var holding = holdings[replica] ?? Holding()
      holding.blocks += blocks.hashes.count
      if blocks.blockSize > 0 { holding.blockTokens = blocks.blockSize }
      holdings[replica] = holding
      return holding
    }
    onChange(replica, .stored(holding))
  }

  public func removed(replica: Int, hashes: [UInt64], medium: CacheMedium) {
    guard medium == .gpu else { return }
    holdings.withLock { holdings in
      guard let holding = holdings[replica] else { return }
      holdings[replica]?.blocks = max(0, holding.blocks - hashes.count)
    }
  }

  public func cleared(replica: Int, because reason: CacheClearing) {
    holdings.withLock { holdings in
      let blockTokens = holdings[replica]?.blockTokens ?? 0
      holdings[replica] = reason.isEmpty ? Holding(blockTokens: blockTokens) : nil
    }
    if reason.isEmpty { onChange(replica, .emptied) }
  }
}
