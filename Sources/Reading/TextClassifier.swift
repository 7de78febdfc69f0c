/// Reads a text and says how likely each of a fixed set of labels is.
///
/// The linear models of this target and those that add an encoder's reading stand behind this protocol alike. A classifier is
/// immutable once made and may be called from any thread. A call takes microseconds for a usual prompt, and with what an
/// encoder made of it some tenths of a millisecond at most: that one belongs on the encoder's thread.
public protocol TextClassifier: Sendable {
  /// For traces and metrics, such as `domain-linear-1`.
  var name: String { get }
  /// The labels, in the order of ``TextClassification/probabilities``.
  var labels: [String] { get }
  /// Whether it judges better with what the encoder makes of the text.
  var wantsEncoding: Bool { get }

  /// Classifies a text (UTF-8; invalid sequences are tolerated).
  ///
  /// - Parameter encoding: what the encoder made of that text; ``PromptEncoding/absent`` where it was not asked.
  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError>
}

extension TextClassifier {
  public var wantsEncoding: Bool { false }
}

/// Calibrated probabilities of one text.
public struct TextClassification: Sendable, Equatable {
  /// One a label; they add up to 1.
  public var probabilities: [Float]

  public init(probabilities: [Float]) { self.probabilities = probabilities }

  /// The likeliest label's index; the first on ties.
  public var best: Int {
    var best = 0
    for index in probabilities.indices where probabilities[index] > probabilities[best] { best = index }
    return best
  }
}

/// Why a text was not classified.
public struct ClassifierError: Error, Sendable, Equatable, CustomStringConvertible {
  public var reason: String

  public init(_ reason: String) { self.reason = reason }

  public var description: String { reason }
}
