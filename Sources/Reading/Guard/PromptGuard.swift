import TextEncoder

/// The guard: the linear model, and with all-MiniLM-L6-v2 its head over the embedding too.
///
/// Immutable; any thread may call it.
public struct PromptGuard: TextClassifier {
  private let linear: LinearGuardClassifier
  private let head: GuardHead?

  /// - Parameter head: nil: the linear model judges alone.
  public init(_ linear: LinearGuardClassifier, head: GuardHead? = nil) {
    self.linear = linear
    self.head = head
  }

  public var name: String { head == nil ? linear.name : "\(linear.name)+head" }
  public var labels: [String] { linear.labels }
  public var wantsEncoding: Bool { head != nil }

  /// Never fails. The head was trained on texts of one window, so a longer text is left to the linear model, which reads all
  /// of it.
  public func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    if let head, case .read(let read) = encoding, read.windows.count == 1 {
      let scores = text.withUnsafeBytes { linear.scores($0) }
      if let joined = head.classify(linear: scores, embedding: read.embedding) { return .success(joined) }
    }
    return linear.classify(text, encoding)
  }
}
