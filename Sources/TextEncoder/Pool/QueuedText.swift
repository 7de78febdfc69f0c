/// A text with its hash, which is made once, where nobody waits for it: the queue is looked through under a lock.
struct QueuedText: Hashable, Sendable {
  let bytes: [UInt8]
  private let hash: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    hash = bytes.hashValue
  }

  static func == (first: QueuedText, second: QueuedText) -> Bool {
    first.hash == second.hash && first.bytes == second.bytes
  }

  func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
