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
  init(_ bytes: ModelBytes) throws(WeightsFileError) {
    let file = try WeightsFile(bytes.buffer, magic: "SWYNAMES", header: Self.header)
    guard file.integer(12) == NameLabel.count else { throw file.invalid("the number of labels") }
    guard file.integer(16) == NameFeatures.count else { throw file.invalid("the number of features") }
    buckets = file.integer(20)
    guard (1...(1 << 22)).contains(buckets) else { throw file.invalid("the number of buckets") }
    scale = file.real(24)
    guard scale.isFinite, scale > 0 else { throw file.invalid("the scale") }
    var places: [(offset: Int, entries: Int)] = []
    var offset = Self.header
    for list in 0..<NameLists.count {
      let entries = file.integer(28 + 4 * list)
      guard entries <= 1 << 20 else { throw file.invalid("the length of a list") }
      places.append((offset, entries))
      offset += 4 * entries
    }
    rowsOffset = offset
    try file.expect(length: offset + buckets * NameLabel.count + 4)
    lists = NameLists(bytes: bytes, places: places)
    self.bytes = bytes
  }
}
