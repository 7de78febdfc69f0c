import CReadingModels

/// Finds the same as ``NameTagger`` by an encoder's vectors of tokens and the tagger together: surer where context decides.
///
/// A logistic regression over the mean vector of a word's tokens behind the fourth layer of all-MiniLM-L6-v2, how the word and
/// its neighbours are written (the encoder does not see capitals) and the lists of names. 10 KB of weights, part of the binary.
/// It takes vectors as plain numbers: whoever runs the encoder hands them over, so that a text passes it once for all heads.
///
/// Layout of the file (little-endian): magic `SWYNHEAD`, u32 version 1, u32 labels 6, u32 layer, u32 width, f32 shares of the
/// tagger's and of the head's logarithms, f32 weights `[width + 37][labels]`, u32 CRC-32.
///
/// Immutable; any thread may call it.
public struct NameHead: Sendable {
  private static let header = 32
  /// Inputs beside the vector: shapes of three words, three lists, the case of the text, 1.
  private static let extra = 3 * 10 + NameLists.count + 3 + 1

  /// The layer, counted from 1, whose vectors it reads.
  public let layer: Int
  /// Numbers a vector.
  public let width: Int
  private let tagger: NameTagger
  private let weights: [Float]
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
    let file = try WeightsFile(buffer, magic: "SWYNHEAD", header: Self.header)
    guard file.integer(12) == NameLabel.count else { throw file.invalid("the number of labels") }
    layer = file.integer(16)
    width = file.integer(20)
    guard (1...64).contains(layer) else { throw file.invalid("the layer") }
    guard (1...4096).contains(width) else { throw file.invalid("the width") }
    taggerShare = file.real(24)
    headShare = file.real(28)
    guard taggerShare.isFinite, headShare.isFinite else { throw file.invalid("a share") }
    let count = (width + Self.extra) * NameLabel.count
    try file.expect(length: Self.header + 4 * count + 4)
    weights = try file.reals(Self.header, count: count)
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
    var scores = tagger.scores(words)
    var sum = [Float](repeating: 0, count: width)
    var firstToken = 0
    for (index, word) in words.ranges.enumerated() {
      let row = index * NameLabel.count..<(index + 1) * NameLabel.count
      Self.takeLogarithms(&scores[row])
      while firstToken < ends.count, Int(ends[firstToken]) <= word.lowerBound { firstToken += 1 }
      var token = firstToken
      var tokens: Float = 0
      for place in sum.indices { sum[place] = 0 }
      while token < starts.count, Int(starts[token]) < word.upperBound {
        if Int(ends[token]) > word.lowerBound {
          for place in 0..<width { sum[place] += vectors[token * width + place] }
          tokens += 1
        }
        token += 1
      }
      guard tokens > 0 else { continue }
      var head = headScores(sum, divisor: tokens, words, index)
      Self.takeLogarithms(&head[...])
      for label in 0..<NameLabel.count {
        scores[row.lowerBound + label] = taggerShare * scores[row.lowerBound + label] + headShare * head[label]
      }
    }
    return NameSpans.spans(words, scores: scores)
  }

  private func headScores(_ sum: [Float], divisor: Float, _ words: NameWords, _ index: Int) -> [Float] {
    var scores = [Float](repeating: 0, count: NameLabel.count)
    func add(_ input: Int, _ value: Float) {
      let row = input * NameLabel.count
      for label in 0..<NameLabel.count { scores[label] += value * weights[row + label] }
    }
    for place in 0..<width { add(place, sum[place] / divisor) }
    for offset in -1...1 { add(width + (offset + 1) * 10 + Int(words.fact(index + offset).shape.rawValue), 1) }
    let lists = words.fact(index).lists
    for list in 0..<NameLists.count where lists >> UInt64(list) & 1 == 1 { add(width + 30 + list, 1) }
    add(width + 33 + Int(words.letterCase), 1)
    add(width + 36, 1)
    return scores
  }

  /// Scores to logarithms of probabilities.
  private static func takeLogarithms(_ row: inout ArraySlice<Float>) {
    let highest = row.max() ?? 0
    let sum = row.reduce(0.0) { $0 + RealFunctions.exp(Double($1 - highest)) }
    let total = highest + Float(RealFunctions.log(sum))
    for index in row.indices { row[index] = max(row[index] - total, -20.7) }
  }
}
