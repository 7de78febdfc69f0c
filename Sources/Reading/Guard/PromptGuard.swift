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

  /// Never fails. The head takes the encoder's windows, the linear model all of the text. Where the two have not read the same,
  /// because a disguise was undone or because the encoder's time was over before its last window, whichever finds more counts.
  public func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    let scores = text.withUnsafeBytes { linear.scores($0) }
    let alone = linear.classify(scores)
    guard let head, case .read(let read) = encoding,
      let joined = head.classify(linear: scores, windows: read.windowEmbeddings)
    else { return .success(alone) }
    return .success(scores.isDisguised || read.isCutShort ? joined.guardMaximum(alone) : joined)
  }
}

extension TextClassification {
  /// Of two of the guard's judgements of one text the greater risk and the greater P(jailbreak); what is left is shared as
  /// the one with the greater risk shares it.
  fileprivate func guardMaximum(_ other: TextClassification) -> TextClassification {
    var (riskier, milder) = (probabilities, other.probabilities)
    if milder[0] < riskier[0] { swap(&riskier, &milder) }
    let jailbreak = max(riskier[1], milder[1])
    let rest = max(0, 1 - riskier[0] - jailbreak)
    let sum = riskier[2] + riskier[3]
    let share = sum > 0 ? riskier[2] / sum : 0.5
    return TextClassification(probabilities: [1 - jailbreak - rest, jailbreak, rest * share, rest * (1 - share)])
  }
}
