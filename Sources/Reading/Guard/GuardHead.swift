import CReadingModels

/// The guard with an encoder: logistic regression over the embeddings of a text's windows, of which the highest score counts,
/// joined with the linear model's scores.
///
/// An embedding is the mean over the tokens of all-MiniLM-L6-v2's last layer in one window; its length does not matter. The
/// linear scores are those of the whole text (``LinearGuardClassifier/scores(_:)``): words that the encoder has not read
/// still count. One call takes about a microsecond a window. Immutable; any thread may call it.
public struct GuardHead: Sendable {
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
  ///   - windows: ``width`` numbers a window. Any other count, or numbers that are not finite, count as no embedding: nil, as
  ///     without a window.
  public func classify(linear: GuardScores, windows: [[Float]]) -> TextClassification? {
    var highest = [Double](repeating: -.infinity, count: rows.count)
    for embedding in windows {
      guard embedding.count == width, embedding.allSatisfy(\.isFinite) else { return nil }
      var squares = 0.0
      for value in embedding { squares += Double(value) * Double(value) }
      let length = squares > 0 ? squares.squareRoot() : 1
      for label in rows.indices {
        var sum = 0.0
        for index in embedding.indices { sum += Double(rows[label][index + 2]) * Double(embedding[index]) }
        highest[label] = max(highest[label], sum / length)
      }
    }
    guard !windows.isEmpty else { return nil }
    func joined(_ label: Int, _ score: Double) -> Double {
      Double(rows[label][0]) * score + Double(rows[label][1]) + highest[label]
    }
    return calibration.probabilities(
      GuardScores(
        risk: joined(0, linear.risk), jailbreak: joined(1, linear.jailbreak),
        harmfulRequest: joined(2, linear.harmfulRequest), toxicity: joined(3, linear.toxicity),
        windows: linear.windows))
  }
}
