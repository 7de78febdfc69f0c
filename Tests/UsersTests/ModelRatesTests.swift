import Testing

@testable import Users

@Suite struct ModelRatesTests {
  @Test("as many requests as the limit are admitted each second, each model by itself")
  func limit() {
    let rates = ModelRates()
    #expect(rates.admit("a", limit: 2, now: 5) != nil)
    #expect(rates.admit("a", limit: 2, now: 5) != nil)
    #expect(rates.admit("a", limit: 2, now: 5) == nil)
    #expect(rates.admit("b", limit: 2, now: 5) != nil)
    #expect(rates.admit("a", limit: 2, now: 6) != nil)
  }

  @Test("a request that went nowhere is not counted")
  func takenBack() throws {
    let rates = ModelRates()
    rates.takeBack(try #require(rates.admit("a", limit: 1, now: 5)))
    #expect(rates.admit("a", limit: 1, now: 5) != nil)
    #expect(rates.admit("a", limit: 1, now: 5) == nil)
  }

  @Test("a request that went nowhere takes nothing back of the next second")
  func takenBackLate() throws {
    let rates = ModelRates()
    let first = try #require(rates.admit("a", limit: 1, now: 5))
    #expect(rates.admit("a", limit: 1, now: 6) != nil)
    rates.takeBack(first)
    #expect(rates.admit("a", limit: 1, now: 6) == nil)
  }

  @Test("models of seconds past are forgotten when there are too many")
  func bound() {
    let rates = ModelRates()
    for index in 0..<ModelRates.modelLimit { #expect(rates.admit("m\(index)", limit: 1, now: 5) != nil) }
    #expect(rates.admit("more", limit: 1, now: 9) != nil)
    #expect(rates.admit("more", limit: 1, now: 9) == nil)
  }
}
