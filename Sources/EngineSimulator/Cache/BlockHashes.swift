/// Names of the full blocks of a prompt: each is a hash of the block's tokens and of the block before it, so equal names
/// mean equal prompts up to there (FNV-1a, 64 bits, over CBOR: `[parent, tokens, null]`, the root over the seed and the
/// model's name).
enum BlockHashes {
  /// The chain's start for a model.
  static func root(seed: String, model: String) -> UInt64 {
    var start = FNV64()
    for byte in seed.utf8 { start.add(byte) }
    var hash = FNV64()
    hash.cborHead(major: 4, 3)
    hash.cborHead(major: 0, start.value)
    hash.add(0xF6)
    hash.cborHead(major: 3, UInt64(model.utf8.count))
    for byte in model.utf8 { hash.add(byte) }
    return hash.value
  }

  /// The names of the full blocks of `tokens`; a rest shorter than a block has none.
  static func chain(root: UInt64, tokens: [UInt32], blockSize: Int) -> [UInt64] {
    precondition(blockSize > 0)
    var parent = root
    var hashes: [UInt64] = []
    hashes.reserveCapacity(tokens.count / blockSize)
    var start = 0
    while start + blockSize <= tokens.count {
      var hash = FNV64()
      hash.cborHead(major: 4, 3)
      hash.cborHead(major: 0, parent)
      hash.cborHead(major: 4, UInt64(blockSize))
      for token in tokens[start..<start + blockSize] { hash.cborHead(major: 0, UInt64(token)) }
      hash.add(0xF6)
      parent = hash.value
      hashes.append(parent)
      start += blockSize
    }
    return hashes
  }
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo), taking bytes one by one.
struct FNV64 {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  /// The head of a CBOR item in its shortest form (RFC 8949, §3).
  mutating func cborHead(major: UInt8, _ argument: UInt64) {
    let type = major << 5
    switch argument {
    case 0..<24: add(type | UInt8(argument))
    case 24...0xFF: bytes(type | 24, argument, 1)
    case 0x100...0xFFFF: bytes(type | 25, argument, 2)
    case 0x1_0000...0xFFFF_FFFF: bytes(type | 26, argument, 4)
    default: bytes(type | 27, argument, 8)
    }
  }

  private mutating func bytes(_ head: UInt8, _ argument: UInt64, _ count: UInt64) {
    add(head)
    for index in 0..<count { add(UInt8(truncatingIfNeeded: argument >> (8 * (count - 1 - index)))) }
  }
}
