import Reliability

/// The retry budgets of the models whose prefill legs one event loop sends. Bound: one a model of the fleet.
struct RetryAllowance {
  private var budgets: [String: RetryBudget] = [:]

  /// A request of a model came.
  ///
  /// - Parameter ratio: of ``RetryBudget``; it holds from the model's first request on.
  mutating func requestBegan(model: String, ratio: Double, now: UInt64) {
    budgets[model, default: RetryBudget(ratio: ratio)].requestBegan(now: now)
  }

  /// Takes a retry from a model's budget, if there is one.
  mutating func withdraw(model: String, now: UInt64) -> Bool { budgets[model]?.withdraw(now: now) ?? false }

  /// Forgets the models that are no more.
  mutating func keep(where isKnown: (String) -> Bool) { budgets = budgets.filter { isKnown($0.key) } }
}
