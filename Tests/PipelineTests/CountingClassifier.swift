import Reading
import RouterConfig
import Synchronization

/// A classifier that is sure of one subject, or of none, or always fails, and counts how often it is asked.
final class CountingClassifier: TextClassifier {
  let name = "counting"
  let labels = DomainLabel.allCases.map(\.rawValue)
  let wantsEncoding: Bool
  private let answer: Result<TextClassification, ClassifierError>
  private let asked = Atomic<Int>(0)

  /// Sure of that subject; of none when it is nil.
  init(_ label: DomainLabel?, wantsEncoding: Bool = false) {
    self.wantsEncoding = wantsEncoding
    answer = .success(
      TextClassification(
        probabilities: DomainLabel.allCases.map { other in
          guard let label else { return 1 / 14 }
          return other == label ? 1 : 0
        }))
  }

  init(failure: ClassifierError) {
    wantsEncoding = false
    answer = .failure(failure)
  }

  var calls: Int { asked.load(ordering: .relaxed) }

  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    asked.add(1, ordering: .relaxed)
    return answer
  }
}
