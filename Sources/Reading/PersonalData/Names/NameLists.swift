/// Lists of words as sorted 32-bit hashes: first names, last names, words of places, in this order of bits.
struct NameLists: Sendable {
  static let count = 3

  let bytes: ModelBytes
  /// Where each list starts, and its entries.
  let places: [(offset: Int, entries: Int)]

  /// Bit n is set if the word is in list n. A word that is in none is taken for one in 1 of 100 000 cases.
  func membership(of hash: UInt64) -> UInt64 {
    let key = UInt32(truncatingIfNeeded: hash)
    var bits: UInt64 = 0
    for (list, place) in places.enumerated() {
      var low = 0
      var high = place.entries
      while low < high {
        let middle = (low + high) / 2
        let entry = UInt32(
          littleEndian: bytes.buffer.loadUnaligned(fromByteOffset: place.offset + 4 * middle, as: UInt32.self))
        if entry == key {
          bits |= 1 << UInt64(list)
          break
        }
        if entry < key { low = middle + 1 } else { high = middle }
      }
    }
    return bits
  }
}
