import Balancing

/// What engines say of their blocks goes into the index of tokens. Media that have no name of their own are passed over.
extension TokenBlockIndex: CacheEventSink {
  public func stored(replica: Int, blocks: StoredBlocks) {
    guard let tier = CacheTier(blocks.medium) else { return }
    stored(
      replica: replica, hashes: blocks.hashes, parent: blocks.parent, tokens: blocks.tokens,
      blockSize: blocks.blockSize,
      foreign: blocks.foreign, adapter: blocks.adapter.map(Self.name), tier: tier)
  }

  public func removed(replica: Int, hashes: [UInt64], medium: CacheMedium) {
    guard let tier = CacheTier(medium) else { return }
    removed(replica: replica, hashes: hashes, tier: tier)
  }

  public func cleared(replica: Int, because reason: CacheClearing) {
    switch reason {
    case .emptied, .restarted: cleared(replica: replica, knowledge: .all)
    case .lost, .joinedLate: cleared(replica: replica, knowledge: .part)
    case .leftAlone: cleared(replica: replica, knowledge: .nothing)
    }
  }

  /// An adapter that an engine knows by number only is none that a request could name.
  private static func name(_ adapter: CacheAdapter) -> String {
    switch adapter {
    case .name(let name): name
    case .number(let number): "\0\(number)"
    }
  }
}

extension CacheTier {
  /// nil for a medium of another name.
  init?(_ medium: CacheMedium) {
    switch medium {
    case .gpu: self = .gpu
    case .cpu: self = .cpu
    case .disk: self = .disk
    case .other: return nil
    }
  }
}
