import Testing

@testable import EngineSimulator

@Suite("Misspelt names")
struct EditDistanceTests {
  @Test(
    "an exchange of neighbours is one edit",
    arguments: [
      ("modle", "model", 1), ("modle", "mode", 1), ("prot", "port", 1), ("ab", "ba", 1), ("ca", "abc", 3),
      ("", "abc", 3),
      ("abc", "abc", 0), ("kitten", "sitting", 3),
    ])
  func distances(first: String, second: String, distance: Int) {
    #expect(EditDistance.between(first, second) == distance)
    #expect(EditDistance.between(second, first) == distance)
  }

  @Test("of equally near names the one of the same length is meant")
  func ties() {
    #expect(EditDistance.nearest(to: "modle", among: ["mode", "model"]) == "model")
    #expect(EditDistance.nearest(to: "modle", among: ["model", "mode"]) == "model")
    #expect(EditDistance.nearest(to: "zzzzzz", among: ["mode", "model"]) == nil)
    #expect(EditDistance.nearest(to: "x", among: []) == nil)
  }

  @Test("--modle is --model")
  func flag() {
    #expect(throws: OptionError("--modle is not a known option; did you mean --model?")) {
      try EngineSimulatorOptions(arguments: ["--modle", "x"], environment: [:], readFile: { _ in "" })
    }
  }
}
