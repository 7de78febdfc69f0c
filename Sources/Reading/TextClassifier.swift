/// Reads a text and says how likely each of a fixed set of labels is.
///
/// The linear models of this target and the neural encoder stand behind this protocol alike. A classifier is immutable
/// once made and may be called from any thread.
public protocol TextClassifier: Sendable {
  /// For traces and metrics, such as `domain-linear-1`.
  var name: String { get }
  /// The labels, in the order of ``TextClassification/probabilities``.
  var labels: [String] { get }
  /// Where a call may run.
  var cost: ClassifierCost { get }

  /// Classifies each text (UTF-8; invalid sequences are tolerated).
  ///
  /// - Parameter deadline: the instant, on the caller's monotonic clock in nanoseconds, after which no further text
  ///   need be started; nil for none. Texts not reached are reported as ``ClassifierError/deadlineExceeded``.
  /// - Returns: one result a text, in order.
  func classify(_ texts: [[UInt8]], deadline: UInt64?) -> [Result<TextClassification, ClassifierError>]
}

/// Where a classifier's work may run.
public enum ClassifierCost: Sendable, Equatable {
  /// Tens of microseconds for a usual prompt: on the event loop.
  case inline
  /// Milliseconds: on the reading pool, with a deadline.
  case pooled
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
public enum ClassifierError: Error, Sendable, Equatable, CustomStringConvertible {
  case deadlineExceeded
  case unavailable(reason: String)

  public var description: String {
    switch self {
    case .deadlineExceeded: "the reading deadline passed"
    case .unavailable(let reason): reason
    }
  }
}
