import MessagePack

/// Reads the items of a message of KV events.
struct CacheEventDecoder {
  private var reader: MessagePackReader

  init(_ payload: [UInt8]) { reader = MessagePackReader(payload) }

  mutating func batch() throws(CacheEventBatch.Failure) -> CacheEventBatch {
    var batch = CacheEventBatch(timestamp: 0, events: [])
    switch try next() {
    case .array(let count):
      guard count >= 2 else { throw unexpected("timestamp and events") }
      batch.timestamp = try number()
      try events(into: &batch)
      if count > 2 { batch.dataParallelRank = try optionalInteger().flatMap { Int(exactly: $0) } }
      for _ in 3..<max(3, count) { try skip() }
    case .map(let count):
      var (hasTime, hasEvents) = (false, false)
      for _ in 0..<count {
        switch try key() {
        case "ts":
          batch.timestamp = try number()
          hasTime = true
        case "events":
          try events(into: &batch)
          hasEvents = true
        case "data_parallel_rank": batch.dataParallelRank = try optionalInteger().flatMap { Int(exactly: $0) }
        default: try skip()
        }
      }
      guard hasTime, hasEvents else { throw unexpected("timestamp and events") }
    default: throw unexpected("batch")
    }
    return batch
  }

  private mutating func events(into batch: inout CacheEventBatch) throws(CacheEventBatch.Failure) {
    guard case .array(let count) = try next() else { throw unexpected("list of events") }
    for _ in 0..<count {
      if let event = try event() { batch.events.append(event) } else { batch.unknownEvents += 1 }
    }
  }

  /// What an event of any form may say.
  private struct Fields {
    var hashes: [UInt64] = []
    var parent: UInt64?
    var tokens: [UInt32] = []
    var blockSize = 0
    var adapterNumber: Int64?
    var medium: String?
    var adapterName: String?
    var extraKeys: [ExtraKey] = []

    func event(_ type: String) -> CacheEvent? {
      let medium = CacheMedium(word: medium)
      switch type {
      case "BlockStored":
        let adapter = adapterName.map { CacheAdapter.name($0) } ?? adapterNumber.map { .number($0) }
        return .stored(
          StoredBlocks(
            hashes: hashes, parent: parent, tokens: tokens, blockSize: blockSize, adapter: adapter, medium: medium,
            foreign: extraKeys.firstIndex { !$0.isOnly(adapterName, adapterNumber) }))
      case "BlockRemoved": return .removed(hashes: hashes, medium: medium)
      case "AllBlocksCleared": return .cleared
      default: return nil
      }
    }
  }

  /// What a block's hash is made of beside its tokens.
  private enum ExtraKey {
    case none
    case name(String)
    case number(Int64)
    case other

    /// The adapter is told anyway.
    func isOnly(_ name: String?, _ number: Int64?) -> Bool {
      switch self {
      case .none: true
      case .name(let text): text == name
      case .number(let value): value == number
      case .other: false
      }
    }
  }

  private mutating func event() throws(CacheEventBatch.Failure) -> CacheEvent? {
    var fields = Fields()
    switch try next() {
    case .array(let count):
      guard count > 0 else { throw unexpected("name of an event") }
      let type = try key()
      let names =
        switch type {
        case "BlockStored":
          [
            "block_hashes", "parent_block_hash", "token_ids", "block_size", "lora_id", "medium", "lora_name",
            "extra_keys",
          ]
        case "BlockRemoved": ["block_hashes", "medium"]
        default: [String]()
        }
      for place in 0..<(count - 1) { try field(place < names.count ? names[place] : "", into: &fields) }
      return fields.event(type)
    case .map(let count):
      var type = ""
      for _ in 0..<count {
        let name = try key()
        if name == "type" { type = try key() } else { try field(name, into: &fields) }
      }
      return fields.event(type)
    default: throw unexpected("event")
    }
  }

  private mutating func field(_ name: String, into fields: inout Fields) throws(CacheEventBatch.Failure) {
    switch name {
    case "block_hashes": fields.hashes = try hashes()
    case "parent_block_hash": fields.parent = try hash()
    case "token_ids": fields.tokens = try tokens()
    case "block_size":
      // What no engine has is as good as not said.
      let size = try optionalInteger().flatMap { Int(exactly: $0) } ?? 0
      fields.blockSize = (1...StoredBlocks.blockSizeLimit).contains(size) ? size : 0
    case "lora_id": fields.adapterNumber = try optionalInteger()
    case "medium": fields.medium = try optionalText()
    case "lora_name": fields.adapterName = try optionalText()
    case "extra_keys": fields.extraKeys = try extraKeys()
    default: try skip()
    }
  }

  // MARK: Items

  private mutating func hashes() throws(CacheEventBatch.Failure) -> [UInt64] {
    switch try next() {
    case .null: return []
    case .array(let count):
      var hashes: [UInt64] = []
      hashes.reserveCapacity(count)
      for _ in 0..<count {
        guard let hash = try hash() else { throw unexpected("hash") }
        hashes.append(hash)
      }
      return hashes
    default: throw unexpected("list of hashes")
    }
  }

  private mutating func hash() throws(CacheEventBatch.Failure) -> UInt64? {
    switch try next() {
    case .null: return nil
    case .unsigned(let value): return value
    case .negative(let value): return UInt64(bitPattern: value)
    case .binary(let range) where range.count >= 8:
      return reader.bytes[range.prefix(8)].reduce(0) { $0 << 8 | UInt64($1) }
    default: throw unexpected("hash")
    }
  }

  /// Token numbers fit into 32 bits; nested lists, as some engines send for several inputs, are no tokens.
  private mutating func tokens() throws(CacheEventBatch.Failure) -> [UInt32] {
    switch try next() {
    case .null: return []
    case .array(let count):
      var tokens: [UInt32] = []
      tokens.reserveCapacity(count)
      for _ in 0..<count {
        guard case .unsigned(let value) = try next(), let token = UInt32(exactly: value) else {
          throw unexpected("token")
        }
        tokens.append(token)
      }
      return tokens
    default: throw unexpected("list of tokens")
    }
  }

  /// A list for each block, or nothing; lists of one text or number are told apart, which an adapter makes.
  private mutating func extraKeys() throws(CacheEventBatch.Failure) -> [ExtraKey] {
    switch try next() {
    case .null: return []
    case .array(let count):
      var keys: [ExtraKey] = []
      for _ in 0..<count { keys.append(try extraKey()) }
      return keys
    default: throw unexpected("list of extra keys")
    }
  }

  private mutating func extraKey() throws(CacheEventBatch.Failure) -> ExtraKey {
    let before = reader
    switch try next() {
    case .null, .array(0): return .none
    case .array(1):
      let first = reader
      switch try next() {
      case .text(let range): return .name(reader.text(range.prefix(256)))
      case .unsigned(let value): return .number(Int64(clamping: value))
      case .negative(let value): return .number(value)
      default:
        reader = first
        try skip()
        return .other
      }
    default:
      reader = before
      try skip()
      return .other
    }
  }

  private mutating func number() throws(CacheEventBatch.Failure) -> Double {
    switch try next() {
    case .number(let value): return value
    case .unsigned(let value): return Double(value)
    case .negative(let value): return Double(value)
    default: throw unexpected("number")
    }
  }

  private mutating func optionalInteger() throws(CacheEventBatch.Failure) -> Int64? {
    switch try next() {
    case .null: return nil
    case .unsigned(let value): return Int64(clamping: value)
    case .negative(let value): return value
    default: throw unexpected("whole number")
    }
  }

  /// At most 256 bytes are kept.
  private mutating func optionalText() throws(CacheEventBatch.Failure) -> String? {
    switch try next() {
    case .null: return nil
    case .text(let range): return range.isEmpty ? nil : reader.text(range.prefix(256))
    default: throw unexpected("text")
    }
  }

  private mutating func key() throws(CacheEventBatch.Failure) -> String {
    guard case .text(let range) = try next() else { throw unexpected("name") }
    return reader.text(range.prefix(256))
  }

  private mutating func next() throws(CacheEventBatch.Failure) -> MessagePackReader.Item {
    do {
      return try reader.next()
    } catch {
      throw .notMessagePack(error)
    }
  }

  private mutating func skip() throws(CacheEventBatch.Failure) {
    do {
      try reader.skip()
    } catch {
      throw .notMessagePack(error)
    }
  }

  /// The item was read, so that the place is where it ends.
  private func unexpected(_ what: String) -> CacheEventBatch.Failure { .unexpected(what, at: reader.place) }
}
