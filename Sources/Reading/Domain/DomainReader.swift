import TextEncoder

/// What a prompt is about: the linear model, and with all-MiniLM-L6-v2 its head over the vectors too.
///
/// Immutable; any thread may call it.
public struct DomainReader: TextClassifier {
  private let linear: LinearDomainClassifier
  private let head: DomainHead?

  /// - Parameter head: nil: the linear model judges alone. Its labels must be as many as the linear model's.
  public init(_ linear: LinearDomainClassifier, head: DomainHead? = nil) {
    self.linear = linear
    self.head = head?.labels == linear.labels.count ? head : nil
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
