import Testing

@testable import EngineClient

@Suite("The pace of scrapes")
struct ScrapePaceTests {
  @Test("unmoved numbers are asked for less often, up to the slowest")
  func quiet() {
    var pace = ScrapePace()
    #expect(pace.succeeded(moved: true) == 500_000_000)
    #expect(pace.staleAfter == 1_500_000_000)
    #expect((0..<5).map { _ in pace.succeeded(moved: false) / 1_000_000 } == [1_000, 2_000, 2_000, 2_000, 2_000])
    #expect(pace.staleAfter == 6_000_000_000)
    #expect(pace.succeeded(moved: true) == 500_000_000)
  }

  @Test("failures slow it down further, and what was known keeps its age limit")
  func failing() {
    var pace = ScrapePace()
    _ = pace.succeeded(moved: false)
    #expect((0..<6).map { _ in pace.failed() / 1_000_000 } == [1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
    #expect(pace.isFailing)
    #expect(pace.staleAfter == 3_000_000_000)
    #expect(pace.succeeded(moved: true) == 500_000_000)
    #expect(!pace.isFailing)
  }

  @Test("a thousand failures do not overflow")
  func long() {
    var pace = ScrapePace()
    for _ in 0..<1_000 { _ = pace.failed() }
    #expect(pace.failed() == 10_000_000_000)
  }
}
