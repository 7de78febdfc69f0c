import TextEncoder

/// What a prompt is about: the linear model, and with all-MiniLM-L6-v2 its head over the vectors too.
///
/// Immutable; any thread may call it.
public struct DomainReader: TextClassifier {
  private let linear: LinearDomainClassifier
  private let head: DomainHead?

  /// The linear model alone.
  public init(_ linear: LinearDomainClassifier) {
    self.linear = linear
    head = nil
  }

  /// Both.
  ///
  /// - Parameter capturedLayer: the layer, counted from 1, whose vectors of tokens the encoder hands out.
  /// - Throws: if the head was made for another layer, or for another number of labels than the linear model has.
  public init(_ linear: LinearDomainClassifier, head: DomainHead, capturedLayer: Int) throws(WeightsFileError) {
    guard head.layer == capturedLayer else {
      throw WeightsFileError(magic: DomainHead.magic, problem: .layer(expected: head.layer, actual: capturedLayer))
    }
    guard head.labels == linear.labels.count else {
      throw WeightsFileError(
        magic: DomainHead.magic, problem: .labels(expected: head.labels, actual: linear.labels.count))
    }
    self.linear = linear
    self.head = head
  }

  public var name: String { head == nil ? linear.name : "\(linear.name)+head" }
  public var labels: [String] { linear.labels }
  public var wantsEncoding: Bool { head != nil }

  /// Never fails.
  public func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    if case .read(let read) = encoding,
      let joined = classify(text, vector: read.embedding, tokens: read.captured)
    {
      return .success(joined)
    }
    return linear.classify(text, encoding)
  }

  /// Linear model and head together.
  ///
  /// - Parameters:
  ///   - vector: of the text; its length does not matter.
  ///   - tokens: the captured layer's vectors of the text's tokens, one behind the other.
  /// - Returns: nil without a head, or for vectors that are not of its width.
  func classify(_ text: [UInt8], vector: [Float], tokens: [Float]) -> TextClassification? {
    guard let head, let added = head.scores(vector: vector, tokens: tokens) else { return nil }
    return head.calibration.probabilities(
      text.withUnsafeBytes { linear.scores($0) }, labels: labels.count, added: added.labels, headNone: added.none)
  }
}
