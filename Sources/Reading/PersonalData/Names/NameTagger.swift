import CReadingModels

/// Finds names of people, places and organisations, street addresses and occupations by a linear model over hashed features
/// of words and their neighbours: what there is where no encoder is.
///
/// Less than 1 MB of 8-bit weights that are part of the binary; `docs/models.md` has its accuracy. The time grows with the
/// bytes read, some hundred nanoseconds a word, and no text costs more than its first ``readLimit`` bytes do.
///
/// Immutable; any thread may call it.
public struct NameTagger: Sendable {
  /// Bytes of a text that are read at most.
  public static let readLimit = 32_768

  let model: NameModel

  /// The model inside the binary. Checks the whole file: make it once.
  public static func bundled() throws(WeightsFileError) -> NameTagger {
    let bytes = UnsafeRawBufferPointer(start: reading_model_names_bytes(), count: reading_model_names_size())
    return NameTagger(model: try NameModel(ModelBytes(unowned: bytes)))
  }

  /// A model from elsewhere, in the format that ``NameModel`` defines. Keeps a copy of the bytes.
  public init(modelBytes: [UInt8]) throws(WeightsFileError) {
    model = try NameModel(ModelBytes(copying: modelBytes))
  }

  private init(model: NameModel) { self.model = model }

  /// The spans of a text, in order, none overlapping.
  public func find(in bytes: UnsafeRawBufferPointer) -> [PersonalDataSpan] {
    let words = words(of: bytes)
    return NameSpans.spans(words, of: TextBytes(bytes), scores: scores(words))
  }

  func words(of bytes: UnsafeRawBufferPointer) -> NameWords {
    NameWords(TextBytes(bytes), lists: model.lists, limit: Self.readLimit)
  }

  /// A row of ``NameLabel/count`` scores, logarithms of odds, a word.
  func scores(_ words: NameWords) -> [Float] {
    var scores = [Float](repeating: 0, count: words.count * NameLabel.count)
    let buffer = model.bytes.buffer
    for index in 0..<words.count {
      var sums = SIMD8<Int32>()
      NameFeatures.forEachBucket(words, index, of: model.buckets) { bucket in
        // Eight bytes for six weights: behind the last row stands the checksum. Lanes past the labels are not used.
        let row = buffer.loadUnaligned(
          fromByteOffset: model.rowsOffset + bucket * NameLabel.count, as: SIMD8<Int8>.self)
        sums &+= SIMD8<Int32>(truncatingIfNeeded: row)
      }
      for label in 0..<NameLabel.count { scores[index * NameLabel.count + label] = Float(sums[label]) * model.scale }
    }
    return scores
  }
}
