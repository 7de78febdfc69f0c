/// The linear tagger's weights as the trainer wrote them.
///
/// Layout (little-endian):
///
/// | offset | type | field |
/// |---|---|---|
/// | 0 | 8 bytes | magic `SWYNAMES` |
/// | 8 | u32 | version, 1 |
/// | 12, 16 | u32, u32 | labels, 6; features a word, 30 |
/// | 20 | u32 | buckets |
/// | 24 | f32 | scale of the weights |
/// | 28 | u32 × 3 | entries of the lists: first names, last names, places |
/// | 40 | u32 an entry | the lists: hashes, sorted |
/// | … | 6 bytes a bucket | a signed weight a label |
/// | end | u32 | CRC-32 of everything before |
struct NameModel: Sendable {
  private static let header = 40

  let bytes: ModelBytes
  let buckets: Int
  let scale: Float
  let lists: NameLists
  let rowsOffset: Int

  /// Checks every field and the checksum, so that reading a row later needs no check.
  init(_ bytes: ModelBytes) throws(NameModelError) {
    let buffer = bytes.buffer
    try Self.check(buffer, magic: "SWYNAMES", header: Self.header)
    func integer(_ offset: Int) -> Int {
      Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    guard integer(12) == NameLabel.count else { throw .invalid(field: "the number of labels") }
    guard integer(16) == NameFeatures.count else { throw .invalid(field: "the number of features") }
    buckets = integer(20)
    guard (1...(1 << 22)).contains(buckets) else { throw .invalid(field: "the number of buckets") }
    scale = Float(bitPattern: UInt32(truncatingIfNeeded: integer(24)))
    guard scale.isFinite, scale > 0 else { throw .invalid(field: "the scale") }
    var places: [(offset: Int, entries: Int)] = []
    var offset = Self.header
    for list in 0..<NameLists.count {
      let entries = integer(28 + 4 * list)
      guard entries <= 1 << 20 else { throw .invalid(field: "the length of a list") }
      places.append((offset, entries))
      offset += 4 * entries
    }
    rowsOffset = offset
    let expected = offset + buckets * NameLabel.count + 4
    guard buffer.count == expected else { throw .wrongLength(expected: expected, actual: buffer.count) }
    lists = NameLists(bytes: bytes, places: places)
    self.bytes = bytes
  }

  /// Checks what models of names share: length, magic, version, checksum.
  static func check(_ buffer: UnsafeRawBufferPointer, magic: String, header: Int) throws(NameModelError) {
    guard buffer.count >= header + 4 else { throw .wrongLength(expected: header + 4, actual: buffer.count) }
    guard buffer[0..<8].elementsEqual(magic.utf8) else { throw .notAModel(expected: magic) }
    let version = UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    guard version == 1 else { throw .unsupportedVersion(version) }
    let end = buffer.count - 4
    let stored = UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: end, as: UInt32.self))
    guard CyclicRedundancyCheck().checksum(of: UnsafeRawBufferPointer(rebasing: buffer[..<end])) == stored else {
      throw .corrupted
    }
  }
}
