import Fleet

/// What a lookup in a ``PrefixIndex`` found: for each replica, how many of the prompt's blocks it holds from the start.
///
/// Kept by its thread from one request to the next: a lookup neither allocates nor clears. 8 bytes for each replica that
/// the index has room for.
public struct PrefixMatches: Sendable {
  /// For lookups of tokens; made with the first.
  private var tokens: TokenMatches?
  /// By slot: the lookup's number, the age in 1/65535, the blocks.
  private var values: ContiguousArray<UInt64>
  private var lookup: UInt64 = 0
  /// Blocks of the longest match.
  public private(set) var longest = 0

  public init(index: PrefixIndex) { values = ContiguousArray(repeating: 0, count: index.maximumReplicas) }

  /// Blocks that the replica in this slot holds.
  @inline(__always) public func blocks(slot: Int) -> Int {
    guard slot >= 0 else { return 0 }
    let value = values[slot]
    return value >> 32 == lookup ? Int(value & 0xFFFF) : 0
  }

  /// How long the last of those was not used: 0 just used, 1 next to go.
  public func age(slot: Int) -> Double {
    guard slot >= 0 else { return 0 }
    let value = values[slot]
    return value >> 32 == lookup ? Double((value >> 16) & 0xFFFF) / 65_535 : 0
  }

  /// Forgets what was found.
  public mutating func begin() {
    lookup += 1
    if lookup >= 0xFFFF_FFFE {
      // Once in 4 billion lookups, so that no old entry looks new; one number is left for ``replace(for:_:)``.
      for slot in values.indices { values[slot] = 0 }
      lookup = 1
    }
    longest = 0
  }

  /// Room for what a lookup in an index of tokens finds.
  mutating func withTokens(of index: TokenBlockIndex, _ body: (inout TokenMatches) -> Void) {
    if tokens == nil { tokens = TokenMatches(index: index) }
    if var found = tokens.take() {
      body(&found)
      tokens = found
    }
  }

  /// Puts other numbers of blocks in the place of those that were found, for the replicas of some placements and no others.
  ///
  /// - Parameter blocks: of a placement's replica, from those that were found and from what ``withTokens(of:_:)`` found.
  mutating func replace(
    for placements: [Placement], _ blocks: (_ placement: Placement, _ found: Int, _ tokens: TokenMatches) -> Int
  ) {
    guard let tokens else { return }
    // A replica of two placements is written once: what was found for it is gone afterwards.
    let before = lookup
    let next = before + 1
    longest = 0
    for placement in placements {
      let slot = placement.replica.prefixSlot
      guard slot >= 0, values[slot] >> 32 != next else { continue }
      let found = values[slot] >> 32 == before ? Int(values[slot] & 0xFFFF) : 0
      let age = values[slot] >> 32 == before ? values[slot] & 0xFFFF_0000 : 0
      let count = min(max(0, blocks(placement, found, tokens)), 0xFFFF)
      values[slot] = next << 32 | age | UInt64(count)
      longest = max(longest, count)
    }
    lookup = next
  }

  /// The replica holds so many blocks; the most that were noted count.
  @inline(__always) mutating func note(slot: Int, blocks: Int, age: Double) {
    let value = values[slot]
    guard value >> 32 != lookup || Int(value & 0xFFFF) < blocks else { return }
    values[slot] = lookup << 32 | UInt64(age * 65_535) << 16 | UInt64(blocks)
    longest = max(longest, blocks)
  }
}
