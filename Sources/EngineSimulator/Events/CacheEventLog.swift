import MessagePack

/// Collects events into numbered messages and keeps the last of them for replay. Pure.
struct CacheEventLog {
  struct Message: Equatable {
    let number: UInt64
    let payload: [UInt8]

    /// Eight bytes, big endian.
    var numberBytes: [UInt8] { CacheEventLog.bytes(number) }
  }

  private let batchSize: Int
  private let keptLimit: Int
  private let blockSize: Int
  private let compatibility: CompatibilityLevel
  private let usesMaps: Bool
  private let rank: Int
  private var waiting: [CacheEvent] = []
  private var nextNumber: UInt64 = 0
  /// In the order of their numbers; up to twice as many as are to be kept, so that not each moves all.
  private var kept: [Message] = []

  init(_ options: EngineSimulatorOptions, rank: Int) {
    batchSize = options.eventBatchSize
    keptLimit = options.events.replayQueueSize
    blockSize = options.blockSize
    compatibility = options.compatibility
    usesMaps = options.events.usesMaps && options.compatibility == .latest
    self.rank = rank
  }

  static func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
  }

  /// Takes events in.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: the messages that became full.
  mutating func add(_ events: [CacheEvent], now: Double) -> [Message] {
    var messages: [Message] = []
    for event in events {
      waiting.append(event)
      if waiting.count >= batchSize { messages.append(message(now)) }
    }
    return messages
  }

  /// What waits, as a message; nil when nothing does.
  mutating func flush(now: Double) -> Message? { waiting.isEmpty ? nil : message(now) }

  /// The kept messages from a number on: of the last as many as are to be kept.
  func messages(from number: UInt64) -> ArraySlice<Message> {
    let last = kept.suffix(keptLimit)
    return last[(last.firstIndex { $0.number >= number } ?? last.endIndex)...]
  }

  private mutating func message(_ now: Double) -> Message {
    var writer = MessagePackWriter()
    writer.array(3)
    writer.number(now)
    writer.array(waiting.count)
    for event in waiting { usesMaps ? writeMap(event, &writer) : writeArray(event, &writer) }
    writer.integer(Int64(rank))
    waiting.removeAll(keepingCapacity: true)
    let message = Message(number: nextNumber, payload: writer.bytes)
    nextNumber += 1
    kept.append(message)
    if kept.count >= 2 * keptLimit { kept.removeFirst(kept.count - keptLimit) }
    return message
  }

  // MARK: Forms

  private func writeArray(_ event: CacheEvent, _ writer: inout MessagePackWriter) {
    let isOld = compatibility == .v050
    switch event {
    case .stored(let hashes, let parent, let tokens, let adapter):
      writer.array(isOld ? 6 : 8)
      writer.text("BlockStored")
      write(hashes, &writer)
      if isOld {
        writer.null()
        writer.array(0)
        writer.unsigned(0)
        writer.null()
        return
      }
      write(parent, &writer)
      write(tokens, &writer)
      writer.unsigned(UInt64(blockSize))
      writer.null()
      writer.text("GPU")
      write(adapter, &writer)
    case .removed(let hashes):
      writer.array(isOld ? 2 : 3)
      writer.text("BlockRemoved")
      write(hashes, &writer)
      if !isOld { writer.text("GPU") }
    case .cleared:
      writer.array(1)
      writer.text("AllBlocksCleared")
    }
  }

  private func writeMap(_ event: CacheEvent, _ writer: inout MessagePackWriter) {
    switch event {
    case .stored(let hashes, let parent, let tokens, let adapter):
      writer.map(8)
      for (key, value) in [("type", "BlockStored"), ("medium", "GPU")] {
        writer.text(key)
        writer.text(value)
      }
      writer.text("block_hashes")
      write(hashes, &writer)
      writer.text("parent_block_hash")
      write(parent, &writer)
      writer.text("token_ids")
      write(tokens, &writer)
      writer.text("block_size")
      writer.unsigned(UInt64(blockSize))
      writer.text("lora_id")
      writer.null()
      writer.text("lora_name")
      write(adapter, &writer)
    case .removed(let hashes):
      writer.map(3)
      for (key, value) in [("type", "BlockRemoved"), ("medium", "GPU")] {
        writer.text(key)
        writer.text(value)
      }
      writer.text("block_hashes")
      write(hashes, &writer)
    case .cleared:
      writer.map(1)
      writer.text("type")
      writer.text("AllBlocksCleared")
    }
  }

  private func write(_ hashes: [UInt64], _ writer: inout MessagePackWriter) {
    writer.array(hashes.count)
    for hash in hashes { writer.unsigned(hash) }
  }

  private func write(_ tokens: [UInt32], _ writer: inout MessagePackWriter) {
    writer.array(tokens.count)
    for token in tokens { writer.unsigned(UInt64(token)) }
  }

  private func write(_ hash: UInt64?, _ writer: inout MessagePackWriter) {
    if let hash { writer.unsigned(hash) } else { writer.null() }
  }

  private func write(_ text: String?, _ writer: inout MessagePackWriter) {
    if let text { writer.text(text) } else { writer.null() }
  }
}
