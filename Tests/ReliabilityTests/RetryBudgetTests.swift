import Reliability
import Testing

@Suite("Retry budget") struct RetryBudgetTests {
  @Test("requests and retries that are then allowed: the documented values")
  func table() {
    for (requests, retries) in [(0, 10), (10, 12), (100, 30), (1_000, 210)] {
      var budget = RetryBudget()
      for _ in 0..<requests { budget.requestBegan(now: .seconds(5)) }
      #expect(budget.balance(now: .seconds(5)) == retries)
      var allowed = 0
      while budget.withdraw(now: .seconds(5)) { allowed += 1 }
      #expect(allowed == retries)
    }
  }

  @Test("deposits and withdrawals are forgotten after ten seconds")
  func expiry() {
    var budget = RetryBudget()
    for _ in 0..<100 { budget.requestBegan(now: .seconds(1)) }
    #expect(budget.balance(now: .seconds(10)) == 30)
    #expect(budget.balance(now: .seconds(11)) == 10)
    for _ in 0..<30 { #expect(budget.withdraw(now: .seconds(10)) == true) }
    // The deposits are gone and the withdrawals are not: nothing until these are forgotten too.
    #expect(budget.balance(now: .seconds(11)) == 0)
    #expect(budget.withdraw(now: .seconds(11)) == false)
    #expect(budget.balance(now: .seconds(20)) == 10)
  }

  @Test("tokens are bounded however many requests come")
  func bound() {
    var budget = RetryBudget(maximum: 50)
    for _ in 0..<100_000 { budget.requestBegan(now: 1) }
    #expect(budget.balance(now: 1) == 60)
  }

  @Test("a share of nothing and no reserve allows nothing; odd settings are clamped")
  func odd() {
    var nothing = RetryBudget(ratio: 0, reserve: 0)
    nothing.requestBegan(now: 1)
    #expect(nothing.withdraw(now: 1) == false)
    var negative = RetryBudget(ratio: -3, reserve: -7, maximum: -1, window: 0)
    negative.requestBegan(now: 1)
    #expect(negative.withdraw(now: 1) == false)
    var whole = RetryBudget(ratio: 7, reserve: 0)
    whole.requestBegan(now: 1)
    #expect(whole.balance(now: 1) == 1)
  }

  @Test("a clock reading that is older, and one far ahead, do no harm")
  func clock() {
    var budget = RetryBudget(ratio: 1, reserve: 0)
    budget.requestBegan(now: .seconds(100))
    #expect(budget.withdraw(now: .seconds(99)) == true)
    budget.requestBegan(now: .max)
    #expect(budget.balance(now: .max) == 1)
    #expect(budget.balance(now: 0) == 1)
  }
}
