import JSONText
import Testing

@testable import Explanation

@Suite struct PieceTests {
  @Test("snippets are cut between characters")
  func snippets() {
    let text = Array("ééééé".utf8)
    text.withUnsafeBytes { bytes in
      #expect(Snippet.shortened(bytes, limit: 10) == "ééééé")
      #expect(Snippet.shortened(bytes, limit: 9) == "ééé…é")
      #expect(Snippet.shortened(bytes, limit: 5) == "éé…")
      #expect(Snippet.start(of: bytes, limit: 5) == "éé…")
      #expect(Snippet.end(of: bytes, limit: 5) == "…éé")
    }
  }

  @Test("a long system prompt is shortened in the middle")
  func longPrompt() throws {
    let prompt = String(repeating: "Be exact. ", count: 200)
    let explanation = try Fixture.explain(
      document: Fixture.document.replacing("You are a mathematics expert.", with: prompt + "End."))
    let edit = explanation.edits[1]
    #expect(edit.addedBytes == 2035)
    #expect(edit.added.utf8.count == BodyEdit.snippetLimit + 3)
    #expect(edit.added.hasPrefix(#"{"role":"system","content":"Be exact. "#))
    #expect(edit.added.hasSuffix(#"Be exact. End."},"#))
    let line = explanation.text(colour: false, width: 70).split(separator: "\n").first { $0.contains("Be exact") }
    #expect(line == #"    + {"role":"system","content":"Be exact. B…t. End."},  (2035 bytes)"#)
  }

  @Test("a removed member is an edit of its own")
  func removedMember() throws {
    let body = Fixture.guide.replacing(#""messages""#, with: #""reasoning_effort": "high", "messages""#)
    let edits = try Fixture.explain(body).edits
    #expect(edits.map(\.member) == ["model", "reasoning_effort", "messages", "chat_template_kwargs"])
    #expect(edits[1].removed == #", "reasoning_effort": "high""#)
    #expect(edits[1].added == "")
  }

  @Test("JSON values keep their order and their types")
  func json() {
    let node = JSONNode.object([
      ("z", .number(0.1 + 0.2)), ("a", .number(1)), ("n", .number(.nan)), ("i", .integer(-3)), ("s", .string("\"\n")),
      ("l", .strings(["x"])), ("b", .boolean(true)), ("o", .optional(nil)),
    ])
    #expect(
      String(decoding: node.bytes, as: UTF8.self)
        == #"{"z":0.3,"a":1,"n":null,"i":-3,"s":"\"\n","l":["x"],"b":true,"o":null}"#)
  }

  @Test("decimals are rounded and padded")
  func decimals() {
    #expect(Decimals.text(0.93, places: 4) == "0.9300")
    #expect(Decimals.text(0.99995, places: 4) == "1.0000")
    #expect(Decimals.text(-0.001, places: 2) == "0.00")
    #expect(Decimals.text(-1.5, places: 1) == "-1.5")
    #expect(Decimals.text(12, places: 0) == "12")
    #expect(Decimals.short(3) == "3")
    #expect(Decimals.short(0.125) == "0.13")
  }

  @Test("wide characters take two columns, combining marks none")
  func columns() {
    #expect(TerminalWidth.columns(of: "aé✓") == 3)
    #expect(TerminalWidth.columns(of: "e\u{301}") == 1)
    #expect(TerminalWidth.columns(of: "導數") == 4)
    #expect(TerminalWidth.truncated("導數導數", to: 6) == "導數…")
    #expect(TerminalWidth.truncated("abc", to: 3) == "abc")
    #expect(TerminalWidth.truncated("abcd", to: 3) == "ab…")
  }
}
