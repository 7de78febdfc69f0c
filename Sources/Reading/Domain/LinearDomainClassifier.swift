import CReadingModels

/// Which of fourteen domains a text is about, by a linear model over hashed words, pairs and pieces of words.
///
/// About 1.9 MB of 8-bit weights that are part of the binary; `docs/models.md` has its accuracy. The cost grows with the
/// bytes read: a prompt of 30 words takes some microseconds, and no text costs more than the first and the last 2 KiB do,
/// since nothing between them is read. A call allocates two small buffers and no dictionary.
///
/// Immutable; any thread may call it.
public struct LinearDomainClassifier: TextClassifier {
  /// Floats behind the labels in the file: the calibration, then bias, scale of words and scale of n-grams of *none*.
  private static let supplement = DomainCalibration.floats + 3

  private let model: LinearModel
  private let calibration: DomainCalibration
  /// Of the score for being about no domain.
  private let none: (bias: Double, wordScale: Double, gramScale: Double)

  /// The model inside the binary.
  ///
  /// Checks the whole file, about a millisecond: make it once.
  public static func bundled() throws(LinearModelError) -> LinearDomainClassifier {
    let bytes = UnsafeRawBufferPointer(
      start: reading_model_domain_linear_bytes(), count: reading_model_domain_linear_size())
    return try LinearDomainClassifier(LinearModel(ModelBytes(unowned: bytes)))
  }

  /// A model from elsewhere, in the format that `training/domain_linear/README.md` defines. Keeps a copy of the bytes.
  public init(modelBytes: [UInt8]) throws(LinearModelError) {
    try self.init(LinearModel(ModelBytes(copying: modelBytes)))
  }

  private init(_ model: LinearModel) throws(LinearModelError) {
    guard let values = model.supplementaryFloats(Self.supplement) else {
      throw .invalid(field: "calibration", reason: "is missing")
    }
    let none = values[DomainCalibration.floats...].map(Double.init)
    guard let calibration = DomainCalibration(Array(values[..<DomainCalibration.floats])),
      none.allSatisfy(\.isFinite), none[1] >= 0, none[2] >= 0
    else { throw .invalid(field: "calibration", reason: "is not finite and positive") }
    self.model = model
    self.calibration = calibration
    self.none = (none[0], none[1], none[2])
  }

  public var name: String { model.name }
  public var labels: [String] { model.labels }

  /// The most bytes of one text that are read; of a longer text the first and the last half of it.
  public var longestRead: Int { 2 * model.windowBytes }

  /// Never fails.
  public func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    .success(text.withUnsafeBytes { classify($0) })
  }

  /// Classifies one text without copying it. A text without a word gets what the biases say.
  public func classify(_ text: UnsafeRawBufferPointer) -> TextClassification {
    calibration.probabilities(scores(text), labels: labels.count)
  }

  /// The scores of a text before calibration.
  func scores(_ text: UnsafeRawBufferPointer) -> DomainScores {
    let wordSet = FeatureSum.words(for: model.wordBuckets)
    let gramSet = FeatureSum.words(for: model.gramBuckets)
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: wordSet + gramSet) { seen in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: FeatureScanner.wordBufferBytes) { word in
        guard let seenStart = seen.baseAddress, let wordStart = word.baseAddress,
          let rows = model.rows.buffer.baseAddress?.advanced(by: model.rowsOffset)
        else { preconditionFailure("temporary allocations and checked models are never empty") }
        seen.initialize(repeating: 0)
        var scanner = FeatureScanner(
          model: model,
          words: FeatureSum(rows: rows, buckets: model.wordBuckets, seen: seenStart),
          grams: FeatureSum(
            rows: rows + model.wordBuckets * LinearModel.rowBytes, buckets: model.gramBuckets,
            seen: seenStart + wordSet),
          word: wordStart)
        if text.count <= longestRead {
          scanner.scan(text)
        } else {
          scanner.scan(UnsafeRawBufferPointer(rebasing: text[..<model.windowBytes]))
          scanner.scan(UnsafeRawBufferPointer(rebasing: text[(text.count - model.windowBytes)...]))
        }
        let (words, grams) = scanner.result()
        let totals = model.totals(words: words, grams: grams)
        return DomainScores(
          labels: model.scores(totals),
          none: model.extraScore(totals, bias: none.bias, wordScale: none.wordScale, gramScale: none.gramScale))
      }
    }
  }
}
