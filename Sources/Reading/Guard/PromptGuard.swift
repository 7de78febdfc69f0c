import TextEncoder

/// A classifier that judges better with the encoder's reading of the text.
public protocol EncodedTextClassifier: TextClassifier {
  /// Whether it does, with the encoder that there is.
  var wantsEncoding: Bool { get }

  /// Classifies a text, with what the encoder made of it where it has read it.
  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError>
}

/// The guard: the linear model, and with all-MiniLM-L6-v2 its head over the embedding too.
///
/// Immutable; any thread may call it.
public struct PromptGuard: EncodedTextClassifier {
  private let linear: LinearGuardClassifier
  private let head: GuardHead?

  /// - Parameter head: nil: the linear model judges alone.
  public init(_ linear: LinearGuardClassifier, head: GuardHead? = nil) {
    self.linear = linear
    self.head = head
  }

  public var name: String { head == nil ? linear.name : "\(linear.name)+head" }
  public var labels: [String] { linear.labels }
  public var cost: ClassifierCost { linear.cost }
  public var wantsEncoding: Bool { head != nil }

  /// The linear model alone. Never fails.
  public func classify(_ texts: [[UInt8]], deadline: UInt64?) -> [Result<TextClassification, ClassifierError>] {
    linear.classify(texts, deadline: deadline)
  }

  /// Never fails. The head was trained on texts of one window, so a longer text is left to the linear model, which reads all
  /// of it.
  public func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    if let head, case .read(let read) = encoding, read.windows.count == 1 {
      let scores = text.withUnsafeBytes { linear.scores($0) }
      if let joined = head.classify(linear: scores, embedding: read.embedding) { return .success(joined) }
    }
    return .success(text.withUnsafeBytes { linear.classify($0) })
  }
}
