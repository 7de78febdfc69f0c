import Reading
import RouterConfig

/// A classifier that always says the same.
struct FixedClassifier: TextClassifier {
  let name = "fixed"
  let labels: [String]
  private let answer: Result<TextClassification, ClassifierError>

  init(
    _ probabilities: [DomainLabel: Float], labels: [String] = DomainLabel.allCases.map(\.rawValue),
    failure: ClassifierError? = nil
  ) {
    self.labels = labels
    answer =
      failure.map { .failure($0) }
      ?? .success(TextClassification(probabilities: DomainLabel.allCases.map { probabilities[$0] ?? 0 }))
  }

  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    answer
  }
}
