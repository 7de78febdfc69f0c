/// The chained hashes of a prompt's blocks: block i's hash is that of its bytes seeded with block i-1's, so that two prompts
/// share a block only if they share all text before it.
///
/// A prompt is fed piece by piece in the order in which the chat template writes it: tools and system prompt first, then
/// the messages. Before each piece go two bytes that no text holds, 0xFF and the piece's kind, so that the border between
/// two pieces is part of the hash, and a conversation that grows keeps the blocks that it had. The last block is kept only
/// when it is full. A value of one thread; its buffers stay for the next prompt.
public struct PromptBlocks: Sendable {
  /// Bytes of a block: about 128 tokens.
  public static let blockBytes = 512
  /// Blocks that are kept: the first 2 MiB of a prompt. What follows counts as not cached.
  public static let maximumBlocks = 4_096

  /// What a piece of a prompt is.
  public enum Piece: UInt8, Sendable {
    case tools = 1
    case system, developer, user, assistant, tool
    /// Of a message whose role is none of these.
    case other
    /// The text of a completion or an embedding.
    case text
  }

  /// In order of the prompt.
  public private(set) var hashes: ContiguousArray<UInt64> = []
  /// Bytes that were fed, also those behind the last block; an image counts as ``imageBytes``.
  public private(set) var byteCount = 0
  /// Images were fed, so that ``byteCount`` says little of the prompt's tokens.
  public private(set) var hasImages = false
  /// Bytes of text that an image counts as: about 1 000 tokens, as vision models read one of usual size. Those that stand for it in
  /// the body say nothing of that.
  public static let imageBytes = 4_096
  private var chain: UInt64 = 0
  /// The beginning of the block that is not full yet, and how long it is.
  private var tail = ContiguousArray<UInt8>(repeating: 0, count: Self.blockBytes)
  private var tailCount = 0

  public init() { hashes.reserveCapacity(256) }

  /// Begins a prompt.
  ///
  /// - Parameter seed: ``seed(model:adapter:tokenizer:)``: prompts of other models share no block.
  public mutating func begin(seed: UInt64) {
    hashes.removeAll(keepingCapacity: true)
    tailCount = 0
    byteCount = 0
    hasImages = false
    chain = seed
  }

  /// To be computed once per model and adapter.
  public static func seed(model: String, adapter: String? = nil, tokenizer: String? = nil) -> UInt64 {
    var seed = BlockHash.hash(model)
    if let adapter { seed = BlockHash.hash(adapter, seed: seed &+ 1) }
    if let tokenizer { seed = BlockHash.hash(tokenizer, seed: seed &+ 2) }
    return seed
  }

  /// Feeds a piece whole.
  public mutating func append(_ piece: Piece, _ bytes: UnsafeRawBufferPointer) {
    begin(piece)
    append(bytes)
  }

  /// Begins a piece whose text comes in several parts.
  public mutating func begin(_ piece: Piece) {
    withUnsafeBytes(of: (UInt8(0xFF), piece.rawValue)) { append($0) }
  }

  /// Feeds text of the piece that was begun.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    byteCount += bytes.count
    guard hashes.count < Self.maximumBlocks, var at = bytes.baseAddress else { return }
    var left = bytes.count
    if tailCount > 0 {
      let taken = min(left, Self.blockBytes - tailCount)
      keep(at, taken)
      at += taken
      left -= taken
      guard tailCount == Self.blockBytes else { return }
      let before = chain
      chain = tail.withUnsafeBytes { PromptBlockHash.hash($0, chain: before) }
      hashes.append(chain)
      tailCount = 0
    }
    while left >= Self.blockBytes, hashes.count < Self.maximumBlocks {
      chain = PromptBlockHash.hash(at, chain: chain)
      hashes.append(chain)
      at += Self.blockBytes
      left -= Self.blockBytes
    }
    if hashes.count < Self.maximumBlocks { keep(at, left) }
  }

  /// Feeds what holds images, as encoded in the body: as so many bytes of text, made of a hash of all its own.
  ///
  /// - Parameter textBytes: of it those that are text.
  public mutating func append(_ bytes: UnsafeRawBufferPointer, images: Int, textBytes: Int) {
    hasImages = true
    var left = textBytes + images * Self.imageBytes
    let digest = BlockHash.hash(bytes, seed: UInt64(left))
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.blockBytes / 8) { words in
      words.initialize(repeating: digest)
      while left > 0, hashes.count < Self.maximumBlocks {
        let count = min(left, Self.blockBytes)
        append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(words)[..<count]))
        left -= count
      }
    }
    byteCount += left
  }

  /// Keeps bytes for the block that is not full yet; there is room for them.
  private mutating func keep(_ start: UnsafeRawPointer, _ count: Int) {
    let kept = tailCount
    tail.withUnsafeMutableBytes { tail in
      UnsafeMutableRawBufferPointer(rebasing: tail[kept...])
        .copyMemory(from: UnsafeRawBufferPointer(start: start, count: count))
    }
    tailCount += count
  }
}
