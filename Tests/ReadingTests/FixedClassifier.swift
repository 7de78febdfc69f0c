import Reading
import RouterConfig

/// A classifier that always says the same.
struct FixedClassifier: TextClassifier {
  let name = "fixed"
  let labels: [String]
  let cost = ClassifierCost.inline
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

  func classify(_ texts: [[UInt8]], deadline: UInt64?) -> [Result<TextClassification, ClassifierError>] {
    texts.map { _ in answer }
  }
}
