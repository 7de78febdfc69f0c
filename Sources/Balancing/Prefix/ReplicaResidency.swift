/// How far back one replica's cache reaches: a least-recently-used list of which only the ages are kept.
///
/// Blocks are stamped with the epoch in which they were last used. An epoch ends when a 128th of the capacity is stamped
/// with it. `counts` says how many blocks have each epoch as their stamp; when they are more than the capacity, the oldest
/// epoch is given up. So a block counts as resident until as many other blocks were used as the engine can hold, exact to
/// a 128th of the capacity, without a list and without a step for each block that goes. A block that was not used for
/// ``maximumEpochs`` epochs, 16 times the capacity in blocks used, is given up too. Bound: 8 KiB a replica.
struct ReplicaResidency: Sendable {
  static let maximumEpochs = 2_048
  static let epochsPerCapacity = 128
  static let stampMask: UInt32 = 0xFF_FFFF

  /// Blocks that the engine holds.
  private(set) var capacity: Int
  /// The stamp of what is used now; 24 bits, it goes round.
  private(set) var epoch: UInt32 = 1
  /// The oldest stamp that counts as resident.
  private(set) var horizon: UInt32 = 1
  /// Blocks with a stamp from the horizon on.
  private(set) var blocks = 0
  private var counts: [Int32] = []

  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Both ends in one number, for reading without a lock.
  var span: UInt64 { UInt64(horizon) << 32 | UInt64(epoch) }

  /// How old a stamp is: 0 for the current epoch, 1 for the oldest that is resident; nil when it is not.
  @inline(__always) static func age(of stamp: UInt32, in span: UInt64) -> Double? {
    let horizon = UInt32(truncatingIfNeeded: span >> 32)
    let length = (UInt32(truncatingIfNeeded: span) &- horizon) & stampMask
    let offset = (stamp &- horizon) & stampMask
    guard offset <= length else { return nil }
    return length == 0 ? 0 : 1 - Double(offset) / Double(length)
  }

  @inline(__always) static func isResident(_ stamp: UInt32, in span: UInt64) -> Bool {
    let horizon = UInt32(truncatingIfNeeded: span >> 32)
    return (stamp &- horizon) & stampMask <= (UInt32(truncatingIfNeeded: span) &- horizon) & stampMask
  }

  /// A block is used.
  ///
  /// - Parameter stamp: the one it had; nil when it was not there.
  /// - Returns: the one it has now.
  mutating func use(replacing stamp: UInt32?) -> UInt32 {
    if counts.isEmpty { counts = [Int32](repeating: 0, count: Self.maximumEpochs) }
    if let stamp, Self.isResident(stamp, in: span) {
      counts[index(stamp)] -= 1
      blocks -= 1
    }
    counts[index(epoch)] += 1
    blocks += 1
    let used = epoch
    if Int(counts[index(epoch)]) * Self.epochsPerCapacity >= capacity { advance() }
    while blocks > capacity, horizon != epoch { giveUpOldest() }
    return used
  }

  /// A block is no longer there.
  mutating func remove(stamp: UInt32) {
    guard Self.isResident(stamp, in: span), !counts.isEmpty, counts[index(stamp)] > 0 else { return }
    counts[index(stamp)] -= 1
    blocks -= 1
  }

  /// Nothing is there any more.
  mutating func clear() {
    for index in counts.indices { counts[index] = 0 }
    blocks = 0
    epoch = (epoch &+ 1) & Self.stampMask
    horizon = epoch
  }

  mutating func setCapacity(_ blocks: Int) {
    capacity = max(1, blocks)
    while self.blocks > capacity, horizon != epoch { giveUpOldest() }
  }

  private mutating func advance() {
    if (epoch &- horizon) & Self.stampMask >= UInt32(Self.maximumEpochs - 1) { giveUpOldest() }
    epoch = (epoch &+ 1) & Self.stampMask
    counts[index(epoch)] = 0
  }

  private mutating func giveUpOldest() {
    blocks -= Int(counts[index(horizon)])
    counts[index(horizon)] = 0
    horizon = (horizon &+ 1) & Self.stampMask
  }

  private func index(_ stamp: UInt32) -> Int { Int(stamp & UInt32(Self.maximumEpochs - 1)) }
}
