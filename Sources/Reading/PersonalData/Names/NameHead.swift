import CReadingModels
import TextEncoder

/// Finds the same as ``NameTagger`` by an encoder's vectors of tokens and the tagger together: surer where context decides.
///
/// A network of one hidden layer, rectified, over the mean vectors behind the fourth layer of all-MiniLM-L6-v2 of a word, of the
/// word before and of the one after it, over how the three are written (the encoder does not see capitals) and over the lists of
/// names. 155 KB of weights, part of the binary. It takes vectors as plain numbers: whoever runs the encoder hands them over,
/// so that a text passes it once for all heads.
///
/// Layout of the file (little-endian): magic `SWYNAMNN`, u32 version 1, u32 labels 6, u32 layer, u32 width, u32 hidden units, f32
/// shares of the tagger's and of the head's logarithms; a f32 bias a unit, a f32 scale a unit, a row of 3 · width + 37 i16 a
/// unit; then a f32 bias a label, a row of f32 a label with one a unit; u32 CRC-32.
///
/// Immutable; any thread may call it.
public struct NameHead: Sendable {
  /// What a file of it starts with.
  static let magic = "SWYNAMNN"
  private static let header = 36
  /// Vectors that go in: of the word, the one before, the one after.
  private static let vectors = 3
  /// Inputs beside the vectors: shapes of three words, three lists, the case of the text, 1.
  private static let extra = 3 * 10 + NameLists.count + 3 + 1

  /// The layer, counted from 1, whose vectors it reads.
  public let layer: Int
  /// Numbers a vector.
  public let width: Int
  private let tagger: NameTagger
  private let hidden: DenseLayer
  private let output: DenseLayer
  private let taggerShare: Float
  private let headShare: Float

  /// The head inside the binary, beside a tagger.
  public static func bundled(with tagger: NameTagger) throws(WeightsFileError) -> NameHead {
    let bytes = UnsafeRawBufferPointer(start: reading_model_name_head_bytes(), count: reading_model_name_head_size())
    return try NameHead(bytes, tagger: tagger)
  }

  /// A head from elsewhere.
  public init(modelBytes: [UInt8], tagger: NameTagger) throws(WeightsFileError) {
    let owned = ModelBytes(copying: modelBytes)
    self = try NameHead(owned.buffer, tagger: tagger)
  }

  private init(_ buffer: UnsafeRawBufferPointer, tagger: NameTagger) throws(WeightsFileError) {
    let file = try WeightsFile(buffer, magic: Self.magic, header: Self.header)
    guard file.integer(12) == NameLabel.count else { throw file.invalid("the number of labels") }
    layer = file.integer(16)
    width = file.integer(20)
    let units = file.integer(24)
    guard (1...64).contains(layer) else { throw file.invalid("the layer") }
    guard (1...4096).contains(width) else { throw file.invalid("the width") }
    guard (1...1024).contains(units) else { throw file.invalid("the number of units") }
    taggerShare = file.real(28)
    headShare = file.real(32)
    guard taggerShare.isFinite, headShare.isFinite else { throw file.invalid("a share") }
    let row = Self.vectors * width + Self.extra
    let (rows, outputs) = (Self.header + 8 * units, Self.header + 8 * units + 2 * units * row)
    try file.expect(length: outputs + 4 * NameLabel.count * (1 + units) + 4)
    let scales = try file.reals(Self.header + 4 * units, count: units)
    let weights = (0..<units * row).map { scales[$0 / row] * Float(file.shortInteger(rows + 2 * $0)) }
    hidden = DenseLayer(
      weights: weights, bias: try file.reals(Self.header, count: units), width: row, activation: .rectified)
    output = DenseLayer(
      weights: try file.reals(outputs + 4 * NameLabel.count, count: NameLabel.count * units),
      bias: try file.reals(outputs, count: NameLabel.count), width: units, activation: .identity)
    self.tagger = tagger
  }

  /// The spans of a text, in order, none overlapping.
  ///
  /// - Parameters:
  ///   - vectors: ``width`` numbers a token, one token behind the other.
  ///   - starts: the byte of the text at which each of these tokens starts, in rising order.
  ///   - ends: the byte past each token.
  ///
  /// Words that no token touches, such as those behind what the encoder reads, are left to the tagger. The three arrays must
  /// be of the same tokens.
  public func find(
    in bytes: UnsafeRawBufferPointer, vectors: [Float], starts: [UInt32], ends: [UInt32]
  ) -> [PersonalDataSpan] {
    precondition(starts.count == ends.count && vectors.count == starts.count * width, "a vector and two places a token")
    let words = tagger.words(of: bytes)
    return NameSpans.spans(
      words, of: TextBytes(bytes), scores: scores(words, vectors: vectors, starts: starts, ends: ends))
  }

  /// The sums of the tagger's and the head's shares, a row of ``NameLabel/count`` a word.
  func scores(_ words: NameWords, vectors: [Float], starts: [UInt32], ends: [UInt32]) -> [Float] {
    var scores = tagger.scores(words)
    for start in stride(from: 0, to: scores.count, by: NameLabel.count) {
      Self.takeLogarithms(&scores[start..<start + NameLabel.count])
    }
    let means = WordVectors(words.ranges, vectors: vectors, starts: starts, ends: ends, width: width)
    var input: [Float] = []
    for word in 0..<words.count where means.hasVector(word) {
      input.removeAll(keepingCapacity: true)
      append(word, of: words, means, to: &input)
      var head = output.apply(hidden.apply(input))
      Self.takeLogarithms(&head[...])
      for label in 0..<NameLabel.count {
        let place = word * NameLabel.count + label
        scores[place] = taggerShare * scores[place] + headShare * head[label]
      }
    }
    return scores
  }

  /// Appends what goes in for a word.
  private func append(_ word: Int, of words: NameWords, _ means: WordVectors, to input: inout [Float]) {
    for neighbour in [word, word - 1, word + 1] { means.append(neighbour, to: &input) }
    let extra = input.count
    input.append(contentsOf: repeatElement(0, count: Self.extra))
    for offset in -1...1 { input[extra + (offset + 1) * 10 + Int(words.fact(word + offset).shape.rawValue)] = 1 }
    let lists = words.fact(word).lists
    for list in 0..<NameLists.count where lists >> UInt64(list) & 1 == 1 { input[extra + 30 + list] = 1 }
    input[extra + 33 + Int(words.letterCase)] = 1
    input[extra + 36] = 1
  }

  /// Scores to logarithms of probabilities.
  private static func takeLogarithms(_ row: inout ArraySlice<Float>) {
    let highest = row.max() ?? 0
    let sum = row.reduce(0.0) { $0 + RealFunctions.exp(Double($1 - highest)) }
    let total = highest + Float(RealFunctions.log(sum))
    for index in row.indices { row[index] = max(row[index] - total, -20.7) }
  }
}
