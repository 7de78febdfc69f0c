import Fleet
import Pipeline
import Reliability

/// What one loop knows of one model: its budgets and counters. Kept across snapshots, so that a reload forgets nothing.
final class ModelState {
  private(set) var model: FleetModel
  private(set) var balancing: ModelBalancing
  var budget: RetryBudget
  var hedge: HedgePolicy

  init(_ model: FleetModel, _ balancing: ModelBalancing) {
    self.model = model
    self.balancing = balancing
    budget = RetryBudget(ratio: model.policy.retryRatio)
    hedge = HedgePolicy(delay: model.policy.hedgeDelay)
  }

  /// The model as a later snapshot has it.
  func update(_ model: FleetModel, _ balancing: ModelBalancing) {
    let before = self.model.policy
    self.model = model
    self.balancing = balancing
    if before.retryRatio != model.policy.retryRatio { budget = RetryBudget(ratio: model.policy.retryRatio) }
    if before.hedgeDelay != model.policy.hedgeDelay { hedge = HedgePolicy(delay: model.policy.hedgeDelay) }
  }
}
