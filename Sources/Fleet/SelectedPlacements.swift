import Synchronization

/// What label selectors take of a model's placements, remembered as long as the model's replicas stay what they are: clients ask
/// with few selectors, and looking at the labels of a thousand replicas takes longer than choosing among them.
///
/// ``limit`` answers at most; then it begins anew. Any thread; a lock is held for a look-up.
final class SelectedPlacements: Sendable {
  static let limit = 64

  struct Question: Hashable, Sendable {
    var selector: String
    var adapter: String?
    /// Of the placements of pairs.
    var isPaired: Bool
  }

  private let answers = Mutex<[Question: [Placement]]>([:])

  /// The answer that is remembered, or else the one that is worked out.
  func answer(to question: Question, _ work: () -> [Placement]) -> [Placement] {
    if let known = answers.withLock({ $0[question] }) { return known }
    let new = work()
    answers.withLock { answers in
      if answers.count >= Self.limit { answers = [:] }
      answers[question] = new
    }
    return new
  }
}
