/// Byte strings with their ids, found by hash: the pieces of a vocabulary.
///
/// The hash of a text's prefix is made once, byte by byte; that of any part of it then follows from two prefixes
/// (Rabin, Karp 1987), so looking for the longest piece costs one probe a length, whatever the lengths. Open
/// addressing, at most half full. A hit is compared byte by byte: the hash only has to spread the vocabulary.
struct PieceTable: Sendable {
  static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

  private var slots: [UInt32] = []
  private var pieces: [UInt8] = []
  private var pieceEnds: [UInt32] = []
  private var ids: [UInt32] = []
  private var mask = 0
  /// Bytes of the longest piece.
  private(set) var longest = 0
  /// multiplier to the power of the index, up to ``longest``.
  private(set) var powers: [UInt64] = [1]

  var isEmpty: Bool { ids.isEmpty }

  /// - Parameter entries: pieces and their ids; of equal pieces the last one counts.
  init(_ entries: [(piece: [UInt8], id: UInt32)]) {
    var capacity = 16
    while capacity < entries.count * 2 { capacity *= 2 }
    slots = [UInt32](repeating: 0, count: capacity)
    mask = capacity - 1
    pieces.reserveCapacity(entries.reduce(0) { $0 + $1.piece.count })
    for (piece, id) in entries where !piece.isEmpty {
      let hash = piece.reduce(0) { Self.extended($0, by: $1) }
      var slot = Self.slot(hash) & mask
      var replaced = false
      while slots[slot] != 0 {
        let entry = Int(slots[slot]) - 1
        if pieces[range(of: entry)].elementsEqual(piece) {
          ids[entry] = id
          replaced = true
          break
        }
        slot = (slot + 1) & mask
      }
      if replaced { continue }
      pieces += piece
      pieceEnds.append(UInt32(pieces.count))
      ids.append(id)
      slots[slot] = UInt32(ids.count)
      longest = max(longest, piece.count)
    }
    while powers.count <= longest { powers.append(powers[powers.count - 1] &* Self.multiplier) }
  }

  /// The hash of a text and one more byte.
  @inline(__always)
  static func extended(_ hash: UInt64, by byte: UInt8) -> UInt64 { (hash &+ UInt64(byte) &+ 1) &* multiplier }

  @inline(__always)
  private static func slot(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: ((hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9) >> 24)
  }

  private func range(of entry: Int) -> Range<Int> {
    (entry == 0 ? 0 : Int(pieceEnds[entry - 1]))..<Int(pieceEnds[entry])
  }

  /// The id of the bytes, whose hash is `hash`.
  @inline(__always)
  func id(of bytes: UnsafePointer<UInt8>, count: Int, hash: UInt64) -> UInt32? {
    slots.withUnsafeBufferPointer { slots in
      var slot = Self.slot(hash) & mask
      while slots[slot] != 0 {
        let entry = Int(slots[slot]) - 1
        if matches(entry, bytes, count) { return ids[entry] }
        slot = (slot + 1) & mask
      }
      return nil
    }
  }

  /// The id of the bytes.
  func id(of piece: [UInt8]) -> UInt32? {
    let hash = piece.reduce(0) { Self.extended($0, by: $1) }
    return piece.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap { id(of: $0, count: buffer.count, hash: hash) }
    }
  }

  @inline(__always)
  private func matches(_ entry: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    pieceEnds.withUnsafeBufferPointer { ends in
      let start = entry == 0 ? 0 : Int(ends[entry - 1])
      guard Int(ends[entry]) - start == count else { return false }
      return pieces.withUnsafeBufferPointer { pieces in
        for index in 0..<count where pieces[start + index] != bytes[index] { return false }
        return true
      }
    }
  }
}
