import Digests

/// Names of the full blocks of a prompt: each is a hash of the block's tokens and of the block before it, so equal names
/// mean equal prompts up to there. What is hashed is CBOR in its canonical form (RFC 8949, §4.2).
///
/// | generation | root | block |
/// |---|---|---|
/// | latest | FNV-1a 64 of `[FNV-1a 64 of the seed, null, model]` | FNV-1a 64 of `[parent, tokens, null]` |
/// | v0.5.0 | the last 64 bits of SHA-256 of the seed, whatever the model | the same of `[parent, tokens, null]` |
enum BlockHashes {
  /// The chain's start for a model.
  static func root(seed: String, model: String, compatibility: CompatibilityLevel = .latest) -> UInt64 {
    if compatibility == .v050 {
      var text: [UInt8] = []
      text.appendCBORHead(major: 3, UInt64(seed.utf8.count))
      return SHA256.lastWord(of: text + seed.utf8)
    }
    var bytes: [UInt8] = []
    bytes.appendCBORHead(major: 4, 3)
    bytes.appendCBORHead(major: 0, FNV64.hash(Array(seed.utf8)))
    bytes.append(0xF6)
    bytes.appendCBORHead(major: 3, UInt64(model.utf8.count))
    return FNV64.hash(bytes + model.utf8)
  }

  /// The names of the full blocks of `tokens`; a rest shorter than a block has none.
  static func chain(
    root: UInt64, tokens: [UInt32], blockSize: Int, compatibility: CompatibilityLevel = .latest
  ) -> [UInt64] {
    precondition(blockSize > 0)
    var parent = root
    var hashes: [UInt64] = []
    hashes.reserveCapacity(tokens.count / blockSize)
    var bytes: [UInt8] = []
    var start = 0
    while start + blockSize <= tokens.count {
      bytes.removeAll(keepingCapacity: true)
      bytes.appendCBORHead(major: 4, 3)
      bytes.appendCBORHead(major: 0, parent)
      bytes.appendCBORHead(major: 4, UInt64(blockSize))
      for token in tokens[start..<start + blockSize] { bytes.appendCBORHead(major: 0, UInt64(token)) }
      bytes.append(0xF6)
      parent = compatibility == .v050 ? SHA256.lastWord(of: bytes) : FNV64.hash(bytes)
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

  static func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash = FNV64()
    for byte in bytes { hash.add(byte) }
    return hash.value
  }
}

extension [UInt8] {
  /// The head of a CBOR item in its shortest form (RFC 8949, §3).
  fileprivate mutating func appendCBORHead(major: UInt8, _ argument: UInt64) {
    let type = major << 5
    let (head, count): (UInt8, UInt64) =
      switch argument {
      case 0..<24: (type | UInt8(argument), 0)
      case 24...0xFF: (type | 24, 1)
      case 0x100...0xFFFF: (type | 25, 2)
      case 0x1_0000...0xFFFF_FFFF: (type | 26, 4)
      default: (type | 27, 8)
      }
    append(head)
    for index in 0..<count { append(UInt8(truncatingIfNeeded: argument >> (8 * (count - 1 - index)))) }
  }
}
