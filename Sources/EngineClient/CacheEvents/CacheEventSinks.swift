/// Tells several, in their order, what the engines of a fleet say of their caches.
public struct CacheEventSinks: CacheEventSink {
  private let sinks: [any CacheEventSink]

  public init(_ sinks: [any CacheEventSink]) { self.sinks = sinks }

  public func stored(replica: Int, blocks: StoredBlocks) {
    for sink in sinks { sink.stored(replica: replica, blocks: blocks) }
  }

  public func removed(replica: Int, hashes: [UInt64], medium: CacheMedium) {
    for sink in sinks { sink.removed(replica: replica, hashes: hashes, medium: medium) }
  }

  public func cleared(replica: Int, because reason: CacheClearing) {
    for sink in sinks { sink.cleared(replica: replica, because: reason) }
  }
}
