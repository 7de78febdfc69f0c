/// What a lookup in a ``TokenBlockIndex`` found: for each replica, how much of the prompt it holds from its beginning.
///
/// Kept by its thread from one request to the next: a lookup neither allocates nor clears. 16 bytes for each replica that the
/// index has room for.
public struct TokenMatches: Sendable {
  private struct Slot {
    /// Of the lookup that wrote this.
    var number: UInt32 = 0
    var blocks: UInt32 = 0
    /// What slower tiers take from it, in blocks.
    var lacking: Float = 0
    var blockSize: UInt32 = 0
  }

  private var slots: [Slot]
  private var number: UInt32 = 0

  public init(index: TokenBlockIndex) { slots = [Slot](repeating: Slot(), count: index.maximumReplicas) }

  mutating func begin() {
    number &+= 1
    if number == 0 {
      // Once in 4 billion lookups, so that no old slot looks new.
      for index in slots.indices { slots[index] = Slot() }
      number = 1
    }
  }

  /// These slots hold the first block.
  ///
  /// - Parameters:
  ///   - bits: one for each slot.
  ///   - first: the slot of the lowest bit.
  mutating func begin(_ bits: UInt64, from first: Int, blockSize: Int) {
    let slot = Slot(number: number, blockSize: UInt32(blockSize))
    forEach(bits, from: first) { $0 = slot }
  }

  /// These slots hold so many blocks and no more.
  mutating func end(_ bits: UInt64, from first: Int, blocks: Int) {
    forEach(bits, from: first) { $0.blocks = UInt32(blocks) }
  }

  /// These slots hold a block on no GPU.
  ///
  /// - Parameter cpu: those that have it in the CPU's memory; the others have it on a disk. One that has it on both has it from the
  ///   CPU's memory.
  mutating func lack(_ bits: UInt64, from first: Int, cpu: UInt64, _ weights: TierWeights) {
    let (onCPU, onDisk) = (Float(1 - weights.cpu), Float(1 - weights.disk))
    forEach(bits & cpu, from: first) { $0.lacking += onCPU }
    forEach(bits & ~cpu, from: first) { $0.lacking += onDisk }
  }

  private mutating func forEach(_ bits: UInt64, from first: Int, _ change: (inout Slot) -> Void) {
    var bits = bits
    while bits != 0 {
      let slot = first + bits.trailingZeroBitCount
      if slot < slots.count { change(&slots[slot]) }
      bits &= bits - 1
    }
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
