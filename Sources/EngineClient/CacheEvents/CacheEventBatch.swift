import MessagePack

/// A message of vLLM's KV events: `[timestamp, [event, …], data_parallel_rank?]` in MessagePack.
///
/// Read are both forms of an event, arrays that begin with the event's name and maps with the key `type`, short arrays
/// and longer ones than are known; a form of event that is not known is counted and passed over. Hashes are integers of
/// 64 bits, signed or not, or at least eight bytes, of which the first eight count (big endian), as in vLLM's 32-byte
/// SHA-256 hashes.
public struct CacheEventBatch: Sendable, Equatable {
  /// The largest message, in bytes. It bounds everything in it: a hash and a token take a byte at least.
  public static let byteLimit = 16 << 20

  /// Seconds since 1970 by the engine's clock.
  public var timestamp: Double
  public var events: [CacheEvent]
  public var dataParallelRank: Int?
  /// Events whose form is not known.
  public var unknownEvents: Int

  public init(timestamp: Double, events: [CacheEvent], dataParallelRank: Int? = nil, unknownEvents: Int = 0) {
    self.timestamp = timestamp
    self.events = events
    self.dataParallelRank = dataParallelRank
    self.unknownEvents = unknownEvents
  }

  public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case notMessagePack(MessagePackReader.Failure)
    /// What was to be there, and where something else is.
    case unexpected(String, at: Int)

    public var description: String {
      switch self {
      case .tooLarge(let bytes): "KV events: \(bytes) bytes are more than \(byteLimit)"
      case .notMessagePack(let failure): "KV events: \(failure)"
      case .unexpected(let what, let place): "KV events: no \(what) at byte \(place)"
      }
    }
  }

  /// Reads a message.
  public init(_ payload: [UInt8]) throws(Failure) {
    guard payload.count <= Self.byteLimit else { throw .tooLarge(bytes: payload.count) }
    var decoder = CacheEventDecoder(payload)
    self = try decoder.batch()
  }
}
