import Fleet

/// What is known of a request when its replica is chosen.
public struct BalancingRequest {
  /// The hashes of ``PromptBlocks``, borrowed for the call; empty when nothing is known of the prompt.
  public var blocks: UnsafeBufferPointer<UInt64>
  /// Blocks of the prompt, of the kind that matches are counted in: those of ``blocks`` unless engines tell what they hold.
  var blockCount: Int
  /// What is known to be cached is what engines tell.
  var goesByEvents = false
  /// Estimated (``TokenRatio``), unless engines tell what they hold.
  public var promptTokens: Double
  /// Tokens of one of the blocks, estimated.
  public var tokensPerBlock: Double
  /// Tokens that the answer may have; nil when nothing says.
  public var expectedOutputTokens: Double?
  /// Of the adapter's name (``BlockHash/key(of:)``); 0 for none.
  public var adapterKey: UInt64
  /// The router has the adapter loaded before it sends the request, and says itself where it is.
  public var loadsAdapter = false
  /// What the client's session is known by; nil without a session.
  public var session: SessionKey?
  /// Of the user's name (``BlockHash/key(of:)``); 0 for none.
  public var userKey: UInt64
  /// Seconds to the first token that are good enough; nil when the model has no such target.
  public var firstTokenTarget: Double?
  /// What a replica's prefill costs that is not known to be otherwise (``ModelBalancer/prefillCost(now:)``).
  public var prefillCost: PrefillCost
  /// Monotonic nanoseconds.
  public var now: UInt64
  /// Of the replicas, that the user may use under `vtc-basic` (``UserTokens``): above 0 and at most 1.
  public var userShare = 1.0

  public init(
    blocks: UnsafeBufferPointer<UInt64> = UnsafeBufferPointer(start: nil, count: 0), promptTokens: Double = 0,
    tokensPerBlock: Double = 128, expectedOutputTokens: Double? = nil, adapterKey: UInt64 = 0,
    session: SessionKey? = nil, userKey: UInt64 = 0, firstTokenTarget: Double? = nil,
    prefillCost: PrefillCost = .assumed,
    now: UInt64
  ) {
    self.blocks = blocks
    blockCount = blocks.count
    self.promptTokens = promptTokens
    self.tokensPerBlock = tokensPerBlock
    self.expectedOutputTokens = expectedOutputTokens
    self.adapterKey = adapterKey
    self.session = session
    self.userKey = userKey
    self.firstTokenTarget = firstTokenTarget
    self.prefillCost = prefillCost
    self.now = now
  }

  /// Seconds of prefill that it brings to a replica that has so many of its blocks cached.
  @inline(__always) func prefillSeconds(cachedBlocks: Int, by cost: PrefillCost) -> Double {
    cost.seconds(tokens: max(1, promptTokens - Double(cachedBlocks) * tokensPerBlock))
  }
}

/// What ties the requests of a session to a replica.
public struct SessionKey: Sendable, Equatable {
  /// The state of FNV-1a (64 bits) after the key and a zero byte; a replica's address goes on from there.
  public let hash: UInt64
  /// The replica that the session was told of before (its identity); nil when it was told of none.
  public var replica: Int?

  public init(_ key: String, replica: Int? = nil) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key.utf8.prefix(256) { hash = Self.step(hash, byte) }
    self.hash = Self.step(hash, 0)
    self.replica = replica
  }

  /// The replica's weight in rendezvous hashing: the highest is the session's.
  @inline(__always) func weight(of authority: String) -> UInt64 {
    var hash = hash
    for byte in authority.utf8 { hash = Self.step(hash, byte) }
    // FNV's last byte hardly reaches the high bits, by which weights compare: neighbouring addresses need mixing.
    return BlockHash.avalanche(hash)
  }

  @inline(__always) private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
  }
}
