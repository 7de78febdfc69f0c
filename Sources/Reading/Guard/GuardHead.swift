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

  private static let magic = "SWYGRDHD"
  private static let version: UInt32 = 1
  private static let widths = 1...4096

  /// Numbers an embedding has.
  public let width: Int
  private let calibration: GuardCalibration
  /// For each score (risk, jailbreak, harmful request, toxicity): the weight of the linear score, the bias, the weights.
  private let rows: [[Float]]

  /// The weights inside the binary.
  public static func bundled() throws(GuardHeadError) -> GuardHead {
    let bytes = UnsafeRawBufferPointer(
      start: reading_model_guard_head_bytes(), count: reading_model_guard_head_size())
    return try GuardHead(modelBytes: Array(bytes))
  }

  /// Reads weights in the format that `training/guard/README.md` defines and checks every field and the checksum.
  public init(modelBytes bytes: [UInt8]) throws(GuardHeadError) {
    let header = 16 + 4 * GuardCalibration.floats
    guard bytes.count >= header + 4 else { throw .truncated(expected: header + 4, actual: bytes.count) }
    guard bytes[0..<8].elementsEqual(Self.magic.utf8) else { throw .notAGuardHead }
    func integer(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    guard integer(8) == Self.version else { throw .unsupportedVersion(integer(8)) }
    let width = Int(integer(12))
    guard Self.widths.contains(width) else {
      throw .invalid(
        field: "width", reason: "is \(width), not within \(Self.widths.lowerBound)…\(Self.widths.upperBound)")
    }
    let expected = header + 4 * Self.labels.count * (width + 2) + 4
    guard bytes.count == expected else { throw .truncated(expected: expected, actual: bytes.count) }
    let stored = integer(expected - 4)
    let computed = bytes.dropLast(4).withUnsafeBytes { CyclicRedundancyCheck().checksum(of: $0) }
    guard stored == computed else { throw .corrupted(stored: stored, computed: computed) }
    func reals(_ offset: Int, _ count: Int) -> [Float] {
      (0..<count).map { Float(bitPattern: integer(offset + 4 * $0)) }
    }
    guard let calibration = GuardCalibration(reals(16, GuardCalibration.floats)) else {
      throw .invalid(field: "calibration", reason: "is not finite and ascending")
    }
    let rows = Self.labels.indices.map { reals(header + 4 * $0 * (width + 2), width + 2) }
    guard rows.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw .invalid(field: "weights", reason: "are not all finite")
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
