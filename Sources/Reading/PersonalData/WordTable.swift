/// Words and their ``WordKinds``, found by a hash of their lower-cased bytes (FNV-1a, 64 bits) in one probe or a few.
///
/// The lists are written for this project. A word's hash is taken for the word: with some thousand entries of 64 bits a
/// false hit is one in 10^16.
struct WordTable: Sendable {
  static let shared = WordTable()

  static let hashStart: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let hashPrime: UInt64 = 0x0000_0100_0000_01B3
  private static let capacity = 8192

  private let hashes: [UInt64]
  private let kinds: [UInt32]

  @inline(__always)
  static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(TextBytes.isUpper(byte) ? byte | 0x20 : byte)) &* hashPrime
  }

  @inline(__always)
  func kinds(of hash: UInt64) -> WordKinds {
    var slot = Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(Self.capacity - 1))
    while kinds[slot] != 0 {
      if hashes[slot] == hash { return WordKinds(rawValue: kinds[slot]) }
      slot = (slot + 1) & (Self.capacity - 1)
    }
    return []
  }

  /// The kinds of the word in a range.
  func kinds(_ text: TextBytes, _ range: Range<Int>) -> WordKinds {
    var hash = Self.hashStart
    for index in range { hash = Self.hash(hash, text[index]) }
    return kinds(of: hash)
  }

  private init() {
    var hashes = [UInt64](repeating: 0, count: Self.capacity)
    var kinds = [UInt32](repeating: 0, count: Self.capacity)
    var filled = 0
    for (kind, words) in WordLists.all {
      for word in words.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
        let hash = word.utf8.reduce(Self.hashStart) { Self.hash($0, $1) }
        var slot = Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(Self.capacity - 1))
        while kinds[slot] != 0, hashes[slot] != hash { slot = (slot + 1) & (Self.capacity - 1) }
        if kinds[slot] == 0 { filled += 1 }
        hashes[slot] = hash
        kinds[slot] |= kind.rawValue
      }
    }
    precondition(filled * 2 < Self.capacity, "probing needs free slots")
    self.hashes = hashes
    self.kinds = kinds
  }
}
