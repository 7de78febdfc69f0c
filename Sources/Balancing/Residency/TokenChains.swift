/// What is kept of a prompt's tokens: the keys of its blocks, for each size of block that engines have told of.
///
/// 8 bytes a block: 6 KB for 12 000 tokens in blocks of 16. A reference, for one prompt is asked about by several requests.
public final class TokenChains: Sendable {
  /// Blocks of one prompt that are looked up; what follows counts as not cached.
  public static let maximumBlocks = 65_535

  struct Chain: Sendable {
    let blockSize: Int
    let keys: [UInt64]
  }

  /// Tokens of the whole prompt.
  public let tokenCount: Int
  let chains: [Chain]
  /// The sizes that were known when this was made (``TokenBlockIndex``).
  let sizes: UInt64

  init(tokenCount: Int, chains: [Chain], sizes: UInt64) {
    self.tokenCount = tokenCount
    self.chains = chains
    self.sizes = sizes
  }

  /// Bytes of all keys.
  public var byteCount: Int { chains.reduce(0) { $0 + 8 * $1.keys.count } }
}
