/// The hash of one full block of a prompt, chained to the block before: nearly twice as fast as ``BlockHash`` (18 and
/// 10 GB/s), for a prompt of 100 KiB has 200 blocks.
///
/// Four lanes take 16 bytes each in turn and fold the 128-bit product of both halves into one word (half the bytes
/// combined with a constant, half with the lane), as wyhash does. Not for secrets, as ``BlockHash``; and a lane whose
/// bytes equal its constant forgets what came before, which one text in 2⁶⁴ does by chance.
enum PromptBlockHash {
  /// Bytes of a block; a multiple of 64.
  static let bytes = PromptBlocks.blockBytes

  // The fractions of the square roots of 2, 3, 5 and 7, made odd.
  private static let constant1: UInt64 = 0x6A09_E667_F3BC_C909
  private static let constant2: UInt64 = 0xBB67_AE85_84CA_A73B
  private static let constant3: UInt64 = 0x3C6E_F372_FE94_F82B
  private static let constant4: UInt64 = 0xA54F_F53A_5F1D_36F1

  /// - Precondition: a full block.
  static func hash(_ block: UnsafeRawBufferPointer, chain: UInt64) -> UInt64 {
    guard let start = block.baseAddress, block.count == bytes else { preconditionFailure("not a full block") }
    return hash(start, chain: chain)
  }

  /// - Parameters:
  ///   - start: of ``bytes`` bytes.
  ///   - chain: the hash of the block before.
  static func hash(_ start: UnsafeRawPointer, chain: UInt64) -> UInt64 {
    var lane1 = chain ^ constant4
    var lane2 = chain ^ constant3
    var lane3 = chain ^ constant2
    var lane4 = chain ^ constant1
    var offset = 0
    repeat {
      let at = start + offset
      lane1 = fold(word(at) ^ constant1, word(at + 8) ^ lane1)
      lane2 = fold(word(at + 16) ^ constant2, word(at + 24) ^ lane2)
      lane3 = fold(word(at + 32) ^ constant3, word(at + 40) ^ lane3)
      lane4 = fold(word(at + 48) ^ constant4, word(at + 56) ^ lane4)
      offset += 64
    } while offset < bytes
    return BlockHash.avalanche(fold(lane1 ^ constant2, lane2 ^ constant3) ^ fold(lane3 ^ constant4, lane4 ^ chain))
  }

  @inline(__always) private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = one.multipliedFullWidth(by: other)
    return product.high ^ product.low
  }

  @inline(__always) private static func word(_ at: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
  }
}
