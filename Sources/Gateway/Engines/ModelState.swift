import Fleet
import Reliability

/// What one loop knows of one model: its budgets and counters. Kept across snapshots, so that a reload forgets nothing.
final class ModelState {
  private(set) var model: FleetModel
  var budget: RetryBudget
  var hedge: HedgePolicy

  init(_ model: FleetModel) {
    self.model = model
    budget = RetryBudget(ratio: model.policy.retryRatio)
    hedge = HedgePolicy(delay: model.policy.hedgeDelay)
  }

  /// The model as a later snapshot has it.
  func update(_ model: FleetModel) {
    let before = self.model.policy
    self.model = model
    if before.retryRatio != model.policy.retryRatio { budget = RetryBudget(ratio: model.policy.retryRatio) }
    if before.hedgeDelay != model.policy.hedgeDelay { hedge = HedgePolicy(delay: model.policy.hedgeDelay) }
  }
}
