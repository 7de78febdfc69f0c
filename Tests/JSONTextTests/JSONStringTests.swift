import JSONText
import Seeded
import Testing

private func withString<Result>(
  _ json: String, _ body: (JSONExtent, UnsafeRawBufferPointer) -> Result
) -> Result {
  Array(json.utf8).withUnsafeBytes { bytes in
    var cursor = JSONCursor(bytes)
    guard let extent = try? cursor.skipValue() else { preconditionFailure("no string: \(json)") }
    return body(extent, bytes)
  }
}

private func unescaped(_ json: String, limit: Int = .max) -> String {
  withString(json) {
    String(decoding: JSONString.unescaped($0, in: $1, limit: limit), as: UTF8.self)
  }
}

private func written(_ bytes: [UInt8]) -> String {
  var output: [UInt8] = []
  bytes.withUnsafeBytes { JSONString.append($0, to: &output) }
  return String(decoding: output, as: UTF8.self)
}

struct JSONStringTests {
  @Test("escapes are undone")
  func unescaping() {
    #expect(unescaped(#""""#) == "")
    #expect(unescaped(#""plain""#) == "plain")
    #expect(unescaped(#""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{8}\u{C}\n\r\t")
    #expect(unescaped(#""\u0041\u00e9\u20AC\ud83d\ude00""#) == "Aé€😀")
    #expect(unescaped(#""a\u0000b""#) == "a\u{0}b")
    #expect(
      unescaped(#""a text of more than sixteen bytes\nand then as many again""#)
        == "a text of more than sixteen bytes\nand then as many again")
  }

  @Test("a lone surrogate becomes U+FFFD")
  func loneSurrogates() {
    #expect(unescaped(#""\ud800""#) == "\u{FFFD}")
    #expect(unescaped(#""\udc00\ud800""#) == "\u{FFFD}\u{FFFD}")
    #expect(unescaped(#""\ud800\u0041""#) == "\u{FFFD}A")
    #expect(unescaped(#""\ud800\ud83d\ude00""#) == "\u{FFFD}😀")
    #expect(unescaped(#""\ud800\n""#) == "\u{FFFD}\n")
  }

  @Test("the unescaped length is known before unescaping")
  func unescapedLength() {
    for json in [
      #""""#, #""aé""#, #""\n""#, #""\u0041\u00e9\u20AC""#, #""\ud83d\ude00""#, #""\ud800""#,
    ] {
      withString(json) { extent, bytes in
        #expect(extent.unescapedLength == JSONString.unescaped(extent, in: bytes).count)
      }
    }
  }

  @Test("a bounded read ends with a whole character")
  func boundedUnescaping() {
    #expect(unescaped(#""abcdef""#, limit: 3) == "abc")
    #expect(unescaped(#""aé""#, limit: 2) == "a")
    #expect(unescaped(#""a\u00e9b""#, limit: 2) == "a")
    #expect(unescaped(#""a\u00e9b""#, limit: 3) == "aé")
    #expect(unescaped(#""😀😀""#, limit: 7) == "😀")
    #expect(unescaped(#""abc""#, limit: 0) == "")
  }

  @Test("texts of any length are equal only when every byte is", arguments: 0...40)
  func equalsByLength(count: Int) {
    let text = (0..<count).map { UInt8(97 + $0 % 26) }
    func isEqual(_ other: [UInt8]) -> Bool {
      withString("\"" + String(decoding: text, as: UTF8.self) + "\"") { string, bytes in
        other.withUnsafeBytes { JSONString.equals(string, $0, in: bytes) }
      }
    }
    #expect(isEqual(text))
    #expect(!isEqual(text + [97]))
    for position in 0..<count {
      var other = text
      other[position] = 45
      #expect(!isEqual(other), "differs at \(position)")
    }
  }

  @Test("strings are compared unescaped")
  func comparison() {
    #expect(withString(#""model""#) { JSONString.equals($0, "model", in: $1) })
    #expect(withString(#""mod\u0065l""#) { JSONString.equals($0, "model", in: $1) })
    #expect(
      withString(#""\u006D\u006f\u0064\u0065\u006c""#) { JSONString.equals($0, "model", in: $1) })
    #expect(!withString(#""mod\u0066l""#) { JSONString.equals($0, "model", in: $1) })
    #expect(!withString(#""models""#) { JSONString.equals($0, "model", in: $1) })
    #expect(!withString("12345") { JSONString.equals($0, "", in: $1) })
    #expect(withString(#""\ud83d\ude00""#) { JSONString.equals($0, "😀", in: $1) })
  }

  @Test("a text hashes alike however it is escaped")
  func hashing() {
    let plain = withString(#""call_é""#) { JSONString.hash($0, in: $1) }
    #expect(withString(#""c\u0061ll_\u00e9""#) { JSONString.hash($0, in: $1) } == plain)
    #expect(withString(#""call_e""#) { JSONString.hash($0, in: $1) } != plain)
  }

  @Test("a written string is escaped where it must be and nowhere else")
  func writing() {
    #expect(written(Array("".utf8)) == #""""#)
    #expect(written(Array("a\"b\\c/d é 😀 \u{7F}".utf8)) == "\"a\\\"b\\\\c/d é 😀 \u{7F}\"")
    #expect(
      written(Array("\u{8}\u{9}\n\u{C}\r\u{0}\u{1F}\u{1A}".utf8))
        == #""\b\t\n\f\r\u0000\u001f\u001a""#)
    #expect(written([0x61, 0xFF, 0xC3, 0x62]) == "\"a\u{FFFD}\u{FFFD}b\"")
  }

  @Test("random texts survive being written and read")
  func roundTrip() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let pool: [Unicode.Scalar] = [
      "a", "b", " ", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "€", "😀", "/",
    ]
    for _ in 0..<300 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0..<80, using: &generator) {
        text.append(
          Int.random(in: 0..<3, using: &generator) == 0
            ? pool.randomElement(using: &generator) ?? "a" : "x")
      }
      let json = written(Array(String(text).utf8))
      #expect(unescaped(json) == String(text))
    }
  }

  @Test("numbers are read exactly where they are whole and fit")
  func numbers() {
    func integer(_ json: String) -> Int? { withString(json) { JSONNumber.integer($0, in: $1) } }
    func double(_ json: String) -> Double? { withString(json) { JSONNumber.double($0, in: $1) } }
    #expect(integer("0") == 0)
    #expect(integer("-0") == 0)
    #expect(integer("512") == 512)
    #expect(integer("9223372036854775807") == Int.max)
    #expect(integer("-9223372036854775808") == Int.min)
    #expect(integer("9223372036854775808") == nil)
    #expect(integer("12.0") == 12)
    #expect(integer("1.2e1") == 12)
    #expect(integer("1.5") == nil)
    #expect(integer("1e999") == nil)
    #expect(integer("\"1\"") == nil)
    #expect(integer("true") == nil)
    #expect(double("-1.5e2") == -150)
    #expect(double("1e999") == .infinity)
    #expect(double("null") == nil)
  }
}
