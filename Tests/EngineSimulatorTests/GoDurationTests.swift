import Testing

@testable import EngineSimulator

@Suite("Durations in Go's spelling")
struct GoDurationTests {
  @Test(
    "units are read",
    arguments: [
      ("0", 0.0), ("100ms", 100), ("250us", 0.25), ("250µs", 0.25), ("1.5s", 1500), ("1m30s", 90_000), ("1h", 3.6e6),
      ("1000ns", 0.001),
    ])
  func units(text: String, milliseconds: Double) {
    #expect(GoDuration.milliseconds(text) == milliseconds)
  }

  @Test("what is no duration is refused", arguments: ["", "100", "ms", "1 s", "1s2", "1x", "١s"])
  func refused(text: String) {
    #expect(GoDuration.milliseconds(text) == nil)
  }

  @Test("durations are written as Go writes them")
  func written() {
    #expect(GoDuration.text(milliseconds: 0) == "0s")
    #expect(GoDuration.text(milliseconds: 0.25) == "250µs")
    #expect(GoDuration.text(milliseconds: 100) == "100ms")
    #expect(GoDuration.text(milliseconds: 1500) == "1.5s")
  }
}
