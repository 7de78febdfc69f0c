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
    if let head, case .read(let read) = encoding, let layerMean = Self.mean(read, width: head.width),
      let joined = classify(text, vector: read.embedding, layerMean: layerMean)
    {
      return .success(joined)
    }
    return linear.classify(text, encoding)
  }

  /// Linear model and head together.
  ///
  /// - Returns: nil without a head, or for vectors that are not of its width.
  func classify(_ text: [UInt8], vector: [Float], layerMean: [Float]) -> TextClassification? {
    guard let head, let added = head.scores(vector: vector, layerMean: layerMean) else { return nil }
    let (scores, count) = text.withUnsafeBytes { linear.scores($0) }
    let temperature =
      head.temperature * RealFunctions.exp(head.temperatureExponent * RealFunctions.log(1 + Double(count)))
    let sums = labels.indices.map { (scores[$0] + added[$0]) / temperature }
    let highest = sums.max() ?? 0
    let powers = sums.map { RealFunctions.exp($0 - highest) }
    let sum = powers.reduce(0, +)
    return TextClassification(probabilities: powers.map { Float($0 / sum) })
  }

  /// The mean of the captured layer's vectors; nil where it was not captured.
  private static func mean(_ read: EncodedText, width: Int) -> [Float]? {
    let rows = read.captured.count / width
    guard rows > 0, read.captured.count == rows * width else { return nil }
    var mean = [Float](repeating: 0, count: width)
    for row in 0..<rows {
      for index in 0..<width { mean[index] += read.captured[row * width + index] }
    }
    return mean.map { $0 / Float(rows) }
  }
}
