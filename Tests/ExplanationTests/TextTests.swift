import Testing

@testable import Explanation

@Suite struct TextTests {
  @Test("the guide's request is explained on one screen")
  func guide() throws {
    let text = try Fixture.explain().text(colour: false, width: 100)
    print(text)
    print(String(decoding: try Fixture.explain().evalJSON(includesTrace: true).bytes, as: UTF8.self))
    print(try Fixture.explain(Fixture.guide.replacing("What", with: "Think: what"), classifier: FixedClassifier([:], failure: .unavailable(reason: "no \u{1B}[31m model"))).text(colour: true, width: 80))
    print(try Fixture.explain(Fixture.guide.replacing("MoM", with: "nope")).text(colour: false, width: 80))
    print(try Fixture.explain(Fixture.guide.replacing("MoM", with: "idle-model")).text(colour: false, width: 80))
    print(try Fixture.explain(Fixture.guide, document: Fixture.document.replacing("    default_model: vllm-llama3-8b-instruct\n", with: ""), classifier: FixedClassifier([:])).text(colour: false, width: 80))
  }
}
