/// The keys of a prompt's blocks of tokens, chained: a block's key is made of its tokens and the key of the block before.
///
/// Engines have hashes of their own for the same blocks, which nobody else can compute. Each block's tokens are hashed apart, two
/// words at a time by the folded product of 128 bits as in ``PromptBlockHash``, and only the last step waits for the block before:
/// a processor works on several blocks at once. Not for secrets.
enum TokenBlockHash {
  // The fractions of the square roots of 11, 13, 17, 19 and 23, made odd. No token has a number as large as their halves.
  private static let constant1: UInt64 = 0x510E_527F_ADE6_82D1
  private static let constant2: UInt64 = 0x9B05_688C_2B3E_6C1F
  private static let constant3: UInt64 = 0x1F83_D9AB_FB41_BD6B
  private static let constant4: UInt64 = 0x5BE0_CD19_137E_2179
  private static let constant5: UInt64 = 0xCBBB_9D5D_C105_9ED9

  /// The bits of a key that are always 0: there stand the tiers that hold the block.
  static let tierMask: UInt64 = 7

  /// Where the chain of a prompt begins.
  ///
  /// - Parameter adapterKey: ``BlockHash/key(of:)`` of the adapter's name; 0 for none.
  static func root(blockSize: Int, adapterKey: UInt64) -> UInt64 {
    fold(UInt64(blockSize) ^ constant4, adapterKey ^ constant5) & ~tierMask
  }

  /// The key of the block behind `before`.
  @inline(__always) static func key(
    _ tokens: UnsafePointer<UInt32>, _ count: Int, before: UInt64
  ) -> UInt64 {
    var hash = constant3
    var at = 0
    while at &+ 4 <= count {
      let first = UInt64(tokens[at]) | UInt64(tokens[at &+ 1]) << 32
      let second = UInt64(tokens[at &+ 2]) | UInt64(tokens[at &+ 3]) << 32
      hash = fold(first ^ constant1, second ^ hash)
      at &+= 4
    }
    while at < count {
      hash = fold(UInt64(tokens[at]) ^ constant2, hash)
      at &+= 1
    }
    return fold(before ^ constant4, hash ^ constant5) & ~tierMask
  }

  /// The key of a block that is more than its tokens, such as an image: no prompt that is looked up has it.
  static func foreignKey(_ hash: UInt64, before: UInt64) -> UInt64 {
    fold(before ^ constant5, hash ^ constant2) & ~tierMask
  }

  /// The keys of the full blocks of some tokens.
  static func chain(_ tokens: UnsafeBufferPointer<UInt32>, blockSize: Int, root: UInt64, limit: Int) -> [UInt64] {
    precondition(blockSize > 0, "a block has a token at least")
    guard let start = tokens.baseAddress else { return [] }
    let count = min(tokens.count / blockSize, limit)
    return Array(unsafeUninitializedCapacity: count) { keys, initialized in
      var key = root
      for index in 0..<count {
        key = Self.key(start + index * blockSize, blockSize, before: key)
        keys.initializeElement(at: index, to: key)
      }
      initialized = count
    }
  }

  @inline(__always) private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = one.multipliedFullWidth(by: other)
    return product.high ^ product.low
  }
}
