import CReadingModels

/// Whether a text is an attack on a model or asks for harm, by a linear model over hashed words, pairs, pieces of words
/// and pairs of word classes.
///
/// Labels: benign, jailbreak (prompt injection too), harmful_request, toxicity. Probabilities are set such that a threshold
/// on 1 − P(benign), or on P(jailbreak), means a rate of false alarms (`docs/models.md` has the table): a signal, not a wall.
///
/// The text is first rid of disguises (``GuardNormalizer``), then read in windows that overlap; the highest score of all
/// windows counts, those of decoded stretches too. All of a text is read up to ``longestRead`` bytes, and of a longer one
/// the first and the last half of that.
///
/// 0.45 MB of 8-bit weights that are part of the binary, 1.4 MB in memory. Immutable; any thread may call it.
public struct LinearGuardClassifier: TextClassifier {
  /// From one window's start to the next, in quarters of a window.
  private static let stepQuarters = 3
  private static let halfRead = 65_536

  private let model: LinearModel
  private let calibration: GuardCalibration
  private let normalizer = GuardNormalizer()
  private let patterns = GuardPatterns()

  /// The model inside the binary.
  ///
  /// Checks the whole file, about a millisecond: make it once.
  public static func bundled() throws(LinearModelError) -> LinearGuardClassifier {
    let bytes = UnsafeRawBufferPointer(
      start: reading_model_guard_linear_bytes(), count: reading_model_guard_linear_size())
    return try LinearGuardClassifier(LinearModel(ModelBytes(unowned: bytes)))
  }

  /// A model from elsewhere, in the format that `training/guard/README.md` defines. Keeps a copy of the bytes.
  public init(modelBytes: [UInt8]) throws(LinearModelError) {
    try self.init(LinearModel(ModelBytes(copying: modelBytes)))
  }

  private init(_ model: LinearModel) throws(LinearModelError) {
    guard model.labels == Self.labels else {
      throw .invalid(field: "labels", reason: "are \(model.labels), not \(Self.labels)")
    }
    guard let values = model.supplementaryFloats(GuardCalibration.floats) else {
      throw .invalid(field: "calibration", reason: "is missing")
    }
    guard let calibration = GuardCalibration(values) else {
      throw .invalid(field: "calibration", reason: "is not finite and ascending")
    }
    self.model = model
    self.calibration = calibration
  }

  private static let labels = ["benign", "jailbreak", "harmful_request", "toxicity"]

  public var name: String { model.name }
  public var labels: [String] { model.labels }

  /// The most bytes of one text that are read.
  public var longestRead: Int { 2 * Self.halfRead }

  /// Never fails. 17 µs for 30 words; a text of ``longestRead`` bytes takes some 8 ms.
  public func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    .success(text.withUnsafeBytes { classify($0) })
  }

  /// Classifies one text.
  public func classify(_ text: UnsafeRawBufferPointer) -> TextClassification { classify(scores(text)) }

  /// What scores mean.
  func classify(_ scores: GuardScores) -> TextClassification { calibration.probabilities(scores) }

  /// The scores of one text before calibration, for ``GuardHead``.
  public func scores(_ text: UnsafeRawBufferPointer) -> GuardScores {
    var reading = Reading(model: model, patterns: patterns)
    var decoded: [UInt8] = []
    if text.count <= longestRead {
      read(text, &reading, &decoded)
    } else {
      read(UnsafeRawBufferPointer(rebasing: text[..<Self.halfRead]), &reading, &decoded)
      read(UnsafeRawBufferPointer(rebasing: text[(text.count - Self.halfRead)...]), &reading, &decoded)
    }
    if !decoded.isEmpty {
      reading.scores.isDisguised = true
      decoded.withUnsafeBytes { readWindows($0, &reading) }
    }
    return reading.scores
  }

  private func read(_ part: UnsafeRawBufferPointer, _ reading: inout Reading, _ decoded: inout [UInt8]) {
    let normalized = normalizer.normalize(part)
    decoded += normalized.decoded
    if let text = normalized.text {
      reading.scores.isDisguised = true
      text.withUnsafeBytes { readWindows($0, &reading) }
    } else {
      readWindows(part, &reading)
    }
  }

  private func readWindows(_ text: UnsafeRawBufferPointer, _ reading: inout Reading) {
    var start = 0
    while true {
      let end = min(start + model.windowBytes, text.count)
      reading.read(UnsafeRawBufferPointer(rebasing: text[start..<end]))
      if end == text.count { return }
      start += model.windowBytes / 4 * Self.stepQuarters
    }
  }
}

extension LinearGuardClassifier {
  /// The highest scores of the windows read so far.
  private struct Reading {
    let model: LinearModel
    let patterns: GuardPatterns
    var scores = GuardScores(
      risk: -.infinity, jailbreak: -.infinity, harmfulRequest: -.infinity, toxicity: -.infinity, windows: 0)

    init(model: LinearModel, patterns: GuardPatterns) {
      self.model = model
      self.patterns = patterns
    }

    mutating func read(_ window: UnsafeRawBufferPointer) {
      let found = windowScores(window)
      scores.risk = max(scores.risk, -found[0])
      scores.jailbreak = max(scores.jailbreak, found[1])
      scores.harmfulRequest = max(scores.harmfulRequest, found[2])
      scores.toxicity = max(scores.toxicity, found[3])
      scores.windows += 1
    }

    private func windowScores(_ window: UnsafeRawBufferPointer) -> SIMD16<Double> {
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
            word: wordStart, patterns: patterns)
          scanner.scan(window)
          let (words, grams) = scanner.result()
          return model.scores(model.totals(words: words, grams: grams))
        }
      }
    }
  }
}
