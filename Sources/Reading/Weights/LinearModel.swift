/// A linear text model as the trainer wrote it: header, biases, labels and one row of 8-bit weights a bucket.
///
/// Layout (little-endian), defined in `training/domain_linear/README.md`:
///
/// | offset | type | field |
/// |---|---|---|
/// | 0 | 8 bytes | magic `SWYDOMLN` |
/// | 8 | u32 | version, 1 or 2 |
/// | 12 | u32 | offset of the rows, a multiple of 64 |
/// | 16 | u32 | labels, 1…14 |
/// | 20, 24 | u32, u32 | buckets of words and pairs; buckets of n-grams |
/// | 28, 29 | u8, u8 | shortest and longest n-gram, bytes |
/// | 30 | u16 | longest word, bytes |
/// | 32 | u32 | window, bytes |
/// | 36, 40 | f32, f32 | gain of words and pairs; of n-grams |
/// | 44, 48 | f32, f32 | scale of the weights of words and pairs; of n-grams |
/// | 52 | 8 bytes | reserved, not read |
/// | 60 | f32 a label | biases |
/// | … | u8 + bytes | the model's name, then each label |
/// | … | | what the model adds of its own (`GuardCalibration`, `DomainCalibration`), zeros |
/// | rows | 16 bytes a bucket | a signed weight a label, …, rarity (u8) at 14, a signed weight of the model's own at 15 |
/// | … | | in version 2 instead: a signed weight a label, rarity (u8) |
/// | end | u32 | CRC-32 of everything before |
struct LinearModel: Sendable {
  static let supportedVersion: UInt32 = 1
  /// The version of files with short rows, which are drawn out to ``rowBytes`` when they are read.
  static let shortRowsVersion: UInt32 = 2
  /// Bytes of a row in memory.
  static let rowBytes = 16
  /// Byte of a row that holds the rarity code.
  static let rarityLane = 14
  /// Byte of a row that holds a weight outside of the labels.
  static let extraLane = 15
  static let longestWordLimit = 32

  let bytes: ModelBytes
  let name: String
  let labels: [String]
  let biases: [Float]
  /// Where rows of ``rowBytes`` stand, from ``rowsOffset`` on: the file, or a copy of short rows.
  let rows: ModelBytes
  let rowsOffset: Int
  let wordBuckets: Int
  let gramBuckets: Int
  let gramLengths: ClosedRange<Int>
  let longestWord: Int
  let windowBytes: Int
  let wordGain: Double
  let gramGain: Double
  let wordScale: Double
  let gramScale: Double
  /// The bytes between the labels and the rows: a model's own, or padding.
  let supplement: Range<Int>

  /// Checks every field and the checksum, so that reading a row later needs no check.
  init(_ bytes: ModelBytes) throws(LinearModelError) {
    let buffer = bytes.buffer
    let fixed = 60
    guard buffer.count >= fixed + 4 else { throw .truncated(expected: fixed + 4, actual: buffer.count) }
    guard buffer[0..<8].elementsEqual("SWYDOMLN".utf8) else { throw .notALinearModel }
    func integer(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    func real(_ offset: Int) -> Float { Float(bitPattern: integer(offset)) }

    let version = integer(8)
    let hasShortRows = version == Self.shortRowsVersion
    guard hasShortRows || version == Self.supportedVersion else { throw .unsupportedVersion(version) }

    let labelCount = try Self.checked("label count", Int(integer(16)), in: 1...Self.rarityLane)
    wordBuckets = try Self.checked("word buckets", Int(integer(20)), in: 1...(1 << 24))
    gramBuckets = try Self.checked("n-gram buckets", Int(integer(24)), in: 1...(1 << 24))
    let biasesEnd = fixed + 4 * labelCount
    let rowsStart = try Self.checked("offset of the rows", Int(integer(12)), in: biasesEnd...(1 << 20))
    guard rowsStart % 64 == 0 else { throw .invalid(field: "offset of the rows", reason: "is not a multiple of 64") }
    let fileRow = hasShortRows ? labelCount + 1 : Self.rowBytes
    let expected = rowsStart + (wordBuckets + gramBuckets) * fileRow + 4
    guard buffer.count >= expected else { throw .truncated(expected: expected, actual: buffer.count) }
    guard buffer.count == expected else { throw .trailingBytes(expected: expected, actual: buffer.count) }
    let stored = integer(expected - 4)
    let computed = CyclicRedundancyCheck().checksum(of: UnsafeRawBufferPointer(rebasing: buffer[..<(expected - 4)]))
    guard stored == computed else { throw .corrupted(stored: stored, computed: computed) }

    // A gram, a start mark and an end mark included, is loaded as one 64-bit word.
    let shortest = try Self.checked("shortest n-gram", Int(buffer[28]), in: 1...8)
    let longest = try Self.checked("longest n-gram", Int(buffer[29]), in: shortest...8)
    gramLengths = shortest...longest
    let wordLimit = Int(buffer[30]) | Int(buffer[31]) << 8
    longestWord = try Self.checked("longest word", wordLimit, in: 4...Self.longestWordLimit)
    windowBytes = try Self.checked("window", Int(integer(32)), in: 64...(1 << 16))
    wordGain = try Self.checked("gain of words", real(36), atLeast: 0)
    gramGain = try Self.checked("gain of n-grams", real(40), atLeast: 0)
    wordScale = try Self.checked("scale of words", real(44), atLeast: 0)
    gramScale = try Self.checked("scale of n-grams", real(48), atLeast: 0)
    biases = (0..<labelCount).map { real(fixed + 4 * $0) }
    guard biases.allSatisfy(\.isFinite) else { throw .invalid(field: "biases", reason: "are not all finite") }

    var cursor = biasesEnd
    var strings: [String] = []
    for index in 0...labelCount {
      let field = index == 0 ? "name" : "label \(index - 1)"
      guard cursor < rowsStart, cursor + 1 + Int(buffer[cursor]) <= rowsStart else {
        throw .invalid(field: field, reason: "runs into the rows")
      }
      let end = cursor + 1 + Int(buffer[cursor])
      guard let text = String(validating: buffer[(cursor + 1)..<end], as: UTF8.self), !text.isEmpty else {
        throw .invalid(field: field, reason: "is empty or not UTF-8")
      }
      strings.append(text)
      cursor = end
    }
    name = strings.removeFirst()
    labels = strings
    guard Set(labels).count == labels.count else { throw .invalid(field: "labels", reason: "are not distinct") }
    supplement = cursor..<rowsStart
    self.bytes = bytes
    rows =
      hasShortRows
      ? Self.drawnOut(UnsafeRawBufferPointer(rebasing: buffer[rowsStart..<expected - 4]), labels: labelCount) : bytes
    rowsOffset = hasShortRows ? 0 : rowsStart
  }

  /// Rows of ``rowBytes`` from short ones.
  private static func drawnOut(_ short: UnsafeRawBufferPointer, labels: Int) -> ModelBytes {
    let count = short.count / (labels + 1)
    return ModelBytes(count: count * rowBytes) { rows in
      for row in 0..<count {
        for label in 0..<labels { rows[row * rowBytes + label] = short[row * (labels + 1) + label] }
        rows[row * rowBytes + rarityLane] = short[row * (labels + 1) + labels]
      }
    }
  }

  /// A score a label: bias + Σ over blocks factor · scale · integer sum. Lanes past the labels are 0.
  func scores(_ totals: FeatureTotals) -> SIMD16<Double> {
    var scores = SIMD16<Double>()
    for index in labels.indices {
      scores[index] =
        Double(biases[index]) + totals.wordFactor * wordScale * Double(totals.words[index])
        + totals.gramFactor * gramScale * Double(totals.grams[index])
    }
    return scores
  }

  /// The score of ``extraLane``, as that of a label, by scales and a bias of its own.
  func extraScore(_ totals: FeatureTotals, bias: Double, wordScale: Double, gramScale: Double) -> Double {
    bias + totals.wordFactor * wordScale * Double(totals.words[Self.extraLane])
      + totals.gramFactor * gramScale * Double(totals.grams[Self.extraLane])
  }

  /// The sums of both blocks and their factors gain / (norm · total), where norm² is the sum of a block's squared rarity codes
  /// and total² the sum of the squared gains of blocks that have features.
  func totals(words: FeatureSum, grams: FeatureSum) -> FeatureTotals {
    var words = words
    var grams = grams
    let hasWords = words.squares > 0
    let hasGrams = grams.squares > 0
    let total =
      ((hasWords ? wordGain * wordGain : 0) + (hasGrams ? gramGain * gramGain : 0)).squareRoot()
    let divisor = total > 0 ? total : 1
    return FeatureTotals(
      words: words.sums(), grams: grams.sums(),
      wordFactor: hasWords ? wordGain / (Double(words.squares).squareRoot() * divisor) : 0,
      gramFactor: hasGrams ? gramGain / (Double(grams.squares).squareRoot() * divisor) : 0)
  }

  /// The first floats of ``supplement``; nil where it has fewer.
  func supplementaryFloats(_ count: Int) -> [Float]? {
    let buffer = UnsafeRawBufferPointer(rebasing: bytes.buffer[supplement])
    guard buffer.count >= 4 * count else { return nil }
    return (0..<count).map {
      Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
    }
  }

  private static func checked(
    _ field: String, _ value: Int, in range: ClosedRange<Int>
  ) throws(LinearModelError) -> Int {
    guard range.contains(value) else {
      throw .invalid(field: field, reason: "is \(value), not within \(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  private static func checked(_ field: String, _ value: Float, atLeast low: Float) throws(LinearModelError) -> Double {
    guard value.isFinite, value >= low else { throw .invalid(field: field, reason: "is \(value), below \(low)") }
    return Double(value)
  }
}
