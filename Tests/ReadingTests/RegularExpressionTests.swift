import Testing

@testable import Reading

@Suite("Regular expressions")
struct RegularExpressionTests {
  @Test("a pattern matches anywhere, and its place is told")
  func places() throws {
    let expression = try RegularExpression(#"\d+"#)
    let text = Array("a 12 b 345".utf8)
    #expect(expression.matches(text))
    #expect(expression.firstMatch(in: text) == 2..<4)
    #expect(expression.firstMatch(in: text, from: 4) == 7..<10)
    #expect(expression.firstMatch(in: text, from: 10) == nil)
    #expect(!expression.matches([]))
  }

  @Test(
    "matches are counted from the left without overlaps, empty ones too",
    arguments: [("aa", "aaaaa", 2), ("a*", "baac", 3), ("", "äb", 3), ("x", "", 0), ("^", "abc", 1), ("$", "", 1)])
  func counts(pattern: String, text: String, expected: Int) throws {
    #expect(try RegularExpression(pattern).count(in: Array(text.utf8)) == expected)
  }

  @Test("counting stops at its limit")
  func limit() throws {
    #expect(try RegularExpression(".").count(in: Array("abcdef".utf8), limit: 4) == 4)
  }

  @Test("case matters unless it is told not to")
  func letterCase() throws {
    #expect(try !RegularExpression("ÄB").matches(Array("äb".utf8)))
    #expect(try RegularExpression("ÄB", isCaseSensitive: false).matches(Array("äb".utf8)))
  }

  @Test("a bad pattern says what is wrong with it")
  func badPattern() {
    #expect(throws: RegularExpression.SyntaxError(reason: "missing ): (abc")) { try RegularExpression("(abc") }
    #expect(throws: RegularExpression.SyntaxError.self) { try RegularExpression(#"(a)\1"#) }
  }

  @Test("a set tells which of its patterns match, each under its own case rule")
  func sets() throws {
    let set = try RegularExpressionSet([("a+b", true), ("HELLO", false), ("HELLO", true), ("z|y", true)])
    #expect(set.found(in: Array("hello aab".utf8)) == [true, true, false, false])
    #expect(set.found(in: Array("".utf8)) == [false, false, false, false])
    #expect(try RegularExpressionSet([("a", true)]).found(in: Array("cat".utf8)) == [true])
  }

  @Test("a set names its first bad pattern")
  func badSet() {
    #expect(throws: RegularExpressionSet.SyntaxError(index: 1, reason: "missing ]: [b")) {
      try RegularExpressionSet([("a", true), ("[b", true)])
    }
  }
}
