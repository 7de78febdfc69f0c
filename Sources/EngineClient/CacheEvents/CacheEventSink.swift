/// Takes in what the engines of a fleet say of their caches. Called on the subscriber's thread, in the order of each
/// engine's events.
public protocol CacheEventSink: Sendable {
  /// - Parameters:
  ///   - replica: its identity in the fleet.
  ///   - blocks: each follows on the one before it; see ``StoredBlocks/blocks``.
  func stored(replica: Int, blocks: StoredBlocks)
  /// Blocks are no longer on that medium of that replica; those of other replicas stay.
  func removed(replica: Int, hashes: [UInt64], medium: CacheMedium)
  /// What the replica holds is unknown or nothing: it cleared its cache, began anew, or events were lost for good.
  func cleared(replica: Int)
}
