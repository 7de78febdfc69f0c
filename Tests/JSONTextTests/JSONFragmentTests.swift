import JSONText
import Testing

struct JSONFragmentTests {
  @Test("fragments are what they are called")
  func factories() throws {
    func text(_ fragment: JSONFragment) -> String {
      String(decoding: fragment.bytes, as: UTF8.self)
    }
    #expect(text(.null) == "null")
    #expect(text(.boolean(true)) == "true")
    #expect(text(.integer(-3)) == "-3")
    #expect(text(.string("a\"b")) == #""a\"b""#)
    #expect(text(.object([:])) == "{}")
    #expect(
      text(.object(["a": .integer(1), "b": .array([.null, .boolean(false)])]))
        == #"{"a":1,"b":[null,false]}"#)
    #expect(text(try JSONFragment(validating: " [1] ")) == " [1] ")
  }

  @Test("what is no JSON value is no fragment", arguments: ["", "1 2", "{\"a\":}", "[1,]"])
  func invalid(text: String) {
    #expect(throws: JSONError.self) { try JSONFragment(validating: text) }
  }
}
