import Testing

@testable import EngineSimulator

@Suite("JSON")
struct JSONTests {
  @Test("values are read with their members in order and written back")
  func roundTrip() throws {
    let text = #"{"b":[1,-2.5,true,false,null],"a":{"x":"é\n\"\\"},"e":1e3}"#
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value.members?.map(\.name) == ["b", "a", "e"])
    #expect(value["a"]?["x"]?.string == "é\n\"\\")
    #expect(value["e"]?.integer == 1000)
    #expect(value.jsonText == #"{"b":[1,-2.5,true,false,null],"a":{"x":"é\n\"\\"},"e":1000}"#)
  }

  @Test("escapes of Unicode are decoded, lone surrogates replaced")
  func unicode() throws {
    #expect(try JSONValue(parsing: Array(#""\u00e9\ud83d\ude00\/""#.utf8)) == .string("é😀/"))
    #expect(try JSONValue(parsing: Array(#""\ud83d""#.utf8)) == .string("\u{FFFD}"))
  }

  @Test(
    "what is not JSON is refused with the place",
    arguments: [
      ("", 0), ("{", 1), (#"{"a" 1}"#, 5), ("[1,]", 3), ("01", 0), ("1.", 2), ("\"a", 2), ("nul", 0), ("1 2", 2),
      (#""\x""#, 2), ("\"\u{01}\"", 1),
    ])
  func refused(text: String, offset: Int) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
    do {
      _ = try JSONValue(parsing: Array(text.utf8))
    } catch {
      #expect(error.offset == offset)
    }
  }

  @Test("nesting is bounded")
  func depth() {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: deep) }
  }

  @Test("random bytes never trap")
  func fuzz() {
    let seed: UInt64 = 31
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let alphabet = Array(#"{}[]",:\u0123eE+-. tfn"#.utf8) + [0xC3, 0xFF, 0x00]
    for _ in 0..<20_000 {
      let bytes = (0..<random.integer(in: 0...24)).map { _ in alphabet[random.integer(in: 0...(alphabet.count - 1))] }
      _ = try? JSONValue(parsing: bytes)
    }
  }

  @Test(
    "base 64 is the standard's",
    arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
  func base64(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
  }
}
