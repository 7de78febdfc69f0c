/// What a lookup in a ``TokenBlockIndex`` found: for each replica, how much of the prompt it holds from its beginning.
///
/// Kept by its thread from one request to the next: a lookup neither allocates nor clears. 16 bytes for each replica that the
/// index has room for.
public struct TokenMatches: Sendable {
  struct Slot {
    /// Of the lookup that wrote this.
    var number: UInt32 = 0
    var blocks: UInt32 = 0
    /// What slower tiers take from it, in blocks.
    var lacking: Float = 0
    var blockSize: UInt32 = 0
  }

  private var slots: [Slot]
  private(set) var number: UInt32 = 0

  public init(index: TokenBlockIndex) { slots = [Slot](repeating: Slot(), count: index.maximumReplicas) }

  mutating func begin() {
    number &+= 1
    if number == 0 {
      // Once in 4 billion lookups, so that no old slot looks new.
      for index in slots.indices { slots[index] = Slot() }
      number = 1
    }
  }

  mutating func withSlots<Result>(_ body: (UnsafeMutableBufferPointer<Slot>) -> Result) -> Result {
    slots.withUnsafeMutableBufferPointer { body($0) }
  }

  /// Tokens of the prompt that the replica in this slot holds from the beginning, on any tier.
  public func tokens(slot: Int) -> Int {
    guard let found = found(slot) else { return 0 }
    return Int(found.blocks) * Int(found.blockSize)
  }

  /// What they save, in tokens whose prefill it saves whole (``TierWeights``).
  public func savedTokens(slot: Int) -> Double {
    guard let found = found(slot) else { return 0 }
    return max(0, Double(found.blocks) - Double(found.lacking)) * Double(found.blockSize)
  }

  private func found(_ slot: Int) -> Slot? {
    guard slot >= 0, slot < slots.count, slots[slot].number == number else { return nil }
    return slots[slot]
  }
}
