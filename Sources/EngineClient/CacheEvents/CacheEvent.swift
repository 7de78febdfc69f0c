/// A change of what an engine's KV cache holds.
public enum CacheEvent: Sendable, Equatable {
  case stored(StoredBlocks)
  /// The engine's own hashes of blocks that are no longer on the medium.
  case removed(hashes: [UInt64], medium: CacheMedium)
  case cleared
}

/// Where an engine keeps a block.
public enum CacheMedium: Sendable, Equatable {
  case gpu, cpu, disk
  case other(String)

  /// From the word of an event; engines that say nothing have one medium only.
  init(word: String?) {
    switch word?.lowercased() {
    case nil, "gpu": self = .gpu
    case "cpu", "cpu_pinned": self = .cpu
    case "disk", "fs", "nvme": self = .disk
    case .some: self = .other(word ?? "")
    }
  }
}

/// The adapter whose blocks they are, as the engine calls it.
public enum CacheAdapter: Sendable, Equatable {
  case name(String)
  case number(Int64)
}

/// Blocks that an engine stored, each following on the one before it.
public struct StoredBlocks: Sendable, Equatable {
  /// Tokens of a block that are believed.
  public static let blockSizeLimit = 1 << 20

  /// The engine's own hashes, in the order of the prompt.
  public var hashes: [UInt64]
  /// The block in front of the first; nil at the beginning of a prompt, or when the engine does not say.
  public var parent: UInt64?
  /// The tokens of all blocks; empty when the engine sends only hashes.
  public var tokens: [UInt32]
  /// Tokens of a block, ``blockSizeLimit`` at most; 0 when the engine does not say.
  public var blockSize: Int
  /// nil for the base model.
  public var adapter: CacheAdapter?
  public var medium: CacheMedium
  /// The first block that is more than its tokens and its adapter, such as one with an image or of a salted cache (`extra_keys`);
  /// nil where none is.
  public var foreign: Int?

  public init(
    hashes: [UInt64], parent: UInt64? = nil, tokens: [UInt32] = [], blockSize: Int = 0, adapter: CacheAdapter? = nil,
    medium: CacheMedium = .gpu, foreign: Int? = nil
  ) {
    self.hashes = hashes
    self.parent = parent
    self.tokens = tokens
    self.blockSize = blockSize
    self.adapter = adapter
    self.medium = medium
    self.foreign = foreign
  }

  /// One block of several: its parent is the block before it, not the parent of the event.
  public struct Block: Sendable, Equatable {
    public var hash: UInt64
    public var parent: UInt64?
    /// Empty when the engine sends only hashes.
    public var tokens: ArraySlice<UInt32>
  }

  /// The blocks one by one.
  public var blocks: [Block] {
    let hasTokens = blockSize > 0 && tokens.count == hashes.count * blockSize
    return hashes.indices.map { index in
      Block(
        hash: hashes[index], parent: index == 0 ? parent : hashes[index - 1],
        tokens: hasTokens ? tokens[index * blockSize..<(index + 1) * blockSize] : [])
    }
  }
}
