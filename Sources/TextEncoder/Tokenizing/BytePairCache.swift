/// The tokens of words seen before in the same text: words repeat. At most 1 024 words of at most 64 bytes; a new word
/// takes the place of the one it collides with.
struct BytePairCache {
  struct Token {
    var id: UInt32
    /// Bytes of the word.
    var start: Int
    var end: Int
  }

  private struct Entry {
    var word: [UInt8] = []
    var tokens: [Token] = []
  }

  private static let capacity = 1024
  private static let longestWord = 64
  private var entries: [Entry] = []

  func tokens(of word: UnsafeBufferPointer<UInt8>) -> [Token]? {
    guard !entries.isEmpty, word.count <= Self.longestWord else { return nil }
    let entry = entries[Self.slot(word)]
    return entry.word.elementsEqual(word) ? entry.tokens : nil
  }

  mutating func insert(_ word: UnsafeBufferPointer<UInt8>, _ tokens: [Token]) {
    guard word.count <= Self.longestWord else { return }
    if entries.isEmpty { entries = [Entry](repeating: Entry(), count: Self.capacity) }
    entries[Self.slot(word)] = Entry(word: Array(word), tokens: tokens)
  }

  private static func slot(_ word: UnsafeBufferPointer<UInt8>) -> Int {
    let hash = word.reduce(0) { PieceTable.extended($0, by: $1) }
    return Int(truncatingIfNeeded: hash >> 40) & (capacity - 1)
  }
}
