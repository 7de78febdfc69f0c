import CReadingModels

/// The guard with an encoder: logistic regression over a text's embedding, joined with the linear model's scores.
///
/// The embedding is the mean over the tokens of all-MiniLM-L6-v2's last layer, up to ``longestInput`` tokens of the text;
/// its length does not matter. The linear scores are those of the whole text (``LinearGuardClassifier/scores(_:)``): words
/// that the encoder has not read still count. One call takes about a microsecond. Immutable; any thread may call it.
public struct GuardHead: Sendable {
  /// Tokens of the text that the embeddings of training were made of.
  public static let longestInput = 256
  public static let labels = ["benign", "jailbreak", "harmful_request", "toxicity"]

  private static let header = 16 + 4 * GuardCalibration.floats

  /// Numbers an embedding has.
  public let width: Int
  private let calibration: GuardCalibration
  /// For each score (risk, jailbreak, harmful request, toxicity): the weight of the linear score, the bias, the weights.
  private let rows: [[Float]]

  /// The weights inside the binary.
  public static func bundled() throws(WeightsFileError) -> GuardHead {
    try GuardHead(
      UnsafeRawBufferPointer(start: reading_model_guard_head_bytes(), count: reading_model_guard_head_size()))
  }

  /// Reads weights in the format that `training/guard/README.md` defines and checks every field and the checksum.
  public init(modelBytes: [UInt8]) throws(WeightsFileError) {
    let owned = ModelBytes(copying: modelBytes)
    self = try GuardHead(owned.buffer)
  }

  private init(_ buffer: UnsafeRawBufferPointer) throws(WeightsFileError) {
    let file = try WeightsFile(buffer, magic: "SWYGRDHD", header: Self.header)
    let width = file.integer(12)
    guard (1...4096).contains(width) else { throw file.invalid("the width") }
    try file.expect(length: Self.header + 4 * Self.labels.count * (width + 2) + 4)
    guard let calibration = GuardCalibration(try file.reals(16, count: GuardCalibration.floats)) else {
      throw file.invalid("the calibration")
    }
    var rows: [[Float]] = []
    for label in Self.labels.indices {
      rows.append(try file.reals(Self.header + 4 * label * (width + 2), count: width + 2))
    }
    self.width = width
    self.calibration = calibration
    self.rows = rows
  }

  /// Joins what both say of one text.
  ///
  /// - Parameters:
  ///   - linear: the scores of the whole text.
  ///   - embedding: ``width`` numbers. Any other count, or numbers that are not finite, count as no embedding: nil.
  public func classify(linear: GuardScores, embedding: [Float]) -> TextClassification? {
    guard embedding.count == width, embedding.allSatisfy(\.isFinite) else { return nil }
    var squares = 0.0
    for value in embedding { squares += Double(value) * Double(value) }
    let length = squares > 0 ? squares.squareRoot() : 1
    func joined(_ row: [Float], _ score: Double) -> Double {
      var sum = 0.0
      for index in embedding.indices { sum += Double(row[index + 2]) * Double(embedding[index]) }
      return Double(row[0]) * score + Double(row[1]) + sum / length
    }
    return calibration.probabilities(
      GuardScores(
        risk: joined(rows[0], linear.risk), jailbreak: joined(rows[1], linear.jailbreak),
        harmfulRequest: joined(rows[2], linear.harmfulRequest), toxicity: joined(rows[3], linear.toxicity),
        windows: linear.windows))
  }
}
