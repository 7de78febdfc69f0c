/// Takes in what the engines of a fleet say of their caches. Called on the subscriber's thread, in the order of each
/// engine's events.
public protocol CacheEventSink: Sendable {
  /// - Parameters:
  ///   - replica: its identity in the fleet.
  ///   - blocks: each follows on the one before it; see ``StoredBlocks/blocks``.
  func stored(replica: Int, blocks: StoredBlocks)
  /// Blocks are no longer on that medium of that replica; those of other replicas stay.
  func removed(replica: Int, hashes: [UInt64], medium: CacheMedium)
  /// What the events told so far of a replica no longer holds.
  func cleared(replica: Int, because reason: CacheClearing)
}

/// Why what was told of an engine's cache no longer holds.
public enum CacheClearing: Sendable, Equatable {
  /// The engine said that it emptied its cache.
  case emptied
  /// The engine began anew: its cache is empty.
  case restarted
  /// Events are lost for good, among which removals may be: what it holds is unknown.
  case lost
  /// It was there before it was listened to, and its first events are not to be had: what it holds besides those that come is
  /// unknown.
  case joinedLate
  /// It is no longer listened to: what it holds is unknown.
  case leftAlone

  /// Whether the cache holds nothing, rather than something that is not known.
  public var isEmpty: Bool { self == .emptied || self == .restarted }
}
