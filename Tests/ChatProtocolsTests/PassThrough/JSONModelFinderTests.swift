import ChatProtocols
import JSONText
import Testing

private func verdict(_ body: String, limit: Int = JSONModelFinder.defaultLimit) -> ModelVerdict {
  Pieces.verdict(JSONModelFinder(limit: limit), Array(body.utf8))
}

private func malformed(_ offset: Int, _ reason: JSONError.Reason) -> ModelVerdict {
  .invalid(offset: offset, reason: .body(.malformedJSON(JSONError(offset: offset, reason: reason))))
}

struct JSONModelFinderTests {
  @Test("the model is found with the place of its string")
  func found() {
    #expect(verdict(#"{"model":"m","query":"q"}"#) == .found(value: "m", range: 9..<12))
    #expect(verdict(#" { "query" : "q" , "model" : "a/b:c" "#) == .found(value: "a/b:c", range: 29..<36))
    #expect(verdict("\n{\"n\":[1,{\"model\":\"inner\"}],\"model\":\"é\"}") == .found(value: "é", range: 36..<40))
  }

  @Test("the model is found with its closing quote, whatever follows")
  func foundEarly() {
    let body = Array(#"{"input":[1.5,-0e3,true,{"a":null}],"model":"m" garbage"#.utf8)
    #expect(Pieces.bytesNeeded(JSONModelFinder(), body) == 47)
    var finder = JSONModelFinder()
    #expect(finder.append(Array(body[..<46])) == .needMore)
    #expect(finder.append(Array(body[46...])) == .found(value: "m", range: 44..<47))
    #expect(finder.append([0xFF]) == .found(value: "m", range: 44..<47))
    #expect(finder.finish() == .found(value: "m", range: 44..<47))
    #expect(finder.verdict == .found(value: "m", range: 44..<47))
  }

  @Test("escapes in the name and the value are understood")
  func escapes() {
    #expect(
      verdict(#"{"\u006d\u006Fdel":"a\"\\\/\b\f\n\r\tz"}"#) == .found(value: "a\"\\/\u{8}\u{c}\n\r\tz", range: 19..<39))
    #expect(verdict(#"{"model":"\u00e9\u65E5\ud83d\ude00"}"#) == .found(value: "é日😀", range: 9..<35))
    #expect(
      verdict(#"{"model":"\ud83dx\ude00\ud83d\ud83d\ude00\ud83d\n\ud83d"}"#)
        == .found(value: "\u{FFFD}x\u{FFFD}\u{FFFD}😀\u{FFFD}\n\u{FFFD}", range: 9..<56))
    #expect(verdict(#"{"mode\u006c\u0000":1,"model\n":2,"mode":3,"models":4,"Model":5}"#) == .absent)
  }

  @Test("of several models the first one that is not null counts")
  func repeated() {
    #expect(verdict(#"{"model":"a","model":"b"}"#) == .found(value: "a", range: 9..<12))
    #expect(verdict(#"{"model":null,"model":"b"}"#) == .found(value: "b", range: 22..<25))
  }

  @Test("an object without a model, and what is inside of other members, names none")
  func absent() {
    #expect(verdict("{}") == .absent)
    #expect(verdict(#"{"model":null}"#) == .absent)
    #expect(verdict(#"{"a":{"model":"x"},"b":[{"model":"y"},"model"],"c":"model"} trailing"#) == .absent)
    #expect(verdict(#"{"a":"model"}"#) == .absent)
  }

  @Test("a model that is no name is refused with its place")
  func noName() {
    #expect(verdict(#"{"model":7}"#) == .invalid(offset: 9, reason: .body(.modelNotAString)))
    #expect(verdict(#"{"model": ["m"]}"#) == .invalid(offset: 10, reason: .body(.modelNotAString)))
    #expect(verdict(#"{"model":true}"#) == .invalid(offset: 9, reason: .body(.modelNotAString)))
    #expect(verdict(#"{"model":""}"#) == .invalid(offset: 9, reason: .body(.emptyModel)))
    let longest = String(repeating: "x", count: 1022) + "é"
    #expect(verdict(#"{"model":"\#(longest)"}"#) == .found(value: longest, range: 9..<1035))
    #expect(verdict(#"{"model":"x\#(longest)"}"#) == .invalid(offset: 9, reason: .body(.modelTooLong(limit: 1024))))
  }

  @Test("a body that is no object is refused at its first byte")
  func noObject() {
    for body in ["[]", "\"a\"", "1", "-", "null", "true", "f"] {
      #expect(verdict("  " + body) == .invalid(offset: 2, reason: .body(.notAnObject)), "\(body)")
    }
    #expect(verdict("") == malformed(0, .unexpectedEnd))
    #expect(verdict(" \n") == malformed(2, .unexpectedEnd))
    #expect(verdict("model=m") == malformed(0, .expectedValue))
    #expect(verdict("\u{FEFF}{}") == malformed(0, .expectedValue))
  }

  @Test("what is no JSON before the model is refused with its place and reason")
  func malformedBodies() {
    #expect(verdict("{a:1}") == malformed(1, .expectedKey))
    #expect(verdict(#"{"a":1,}"#) == malformed(7, .expectedKey))
    #expect(verdict(#"{"a" 1}"#) == malformed(5, .expectedColon))
    #expect(verdict(#"{"a":}"#) == malformed(5, .expectedValue))
    #expect(verdict(#"{"a":[1,]}"#) == malformed(8, .expectedValue))
    #expect(verdict(#"{"a":[1}"#) == malformed(7, .expectedCommaOrClosingBracket))
    #expect(verdict(#"{"a":1]"#) == malformed(6, .expectedCommaOrClosingBrace))
    #expect(verdict(#"{"a":nul}"#) == malformed(8, .invalidLiteral))
    #expect(verdict(#"{"model":nope}"#) == malformed(10, .invalidLiteral))
    #expect(verdict(#"{"model":x}"#) == malformed(9, .expectedValue))
    #expect(verdict(#"{"a":01}"#) == malformed(6, .invalidNumber))
    #expect(verdict(#"{"a":1.}"#) == malformed(7, .invalidNumber))
    #expect(verdict(#"{"a":-}"#) == malformed(6, .invalidNumber))
    #expect(verdict(#"{"a":1e+}"#) == malformed(8, .invalidNumber))
    #expect(verdict(#"{"a":"\x"}"#) == malformed(7, .invalidEscape))
    #expect(verdict(#"{"a":"\u12g4"}"#) == malformed(10, .invalidEscape))
    #expect(verdict("{\"a\":\"\n\"}") == malformed(6, .controlCharacter))
    #expect(
      Pieces.verdict(JSONModelFinder(), Array("{\"model\":\"".utf8) + [0x61, 0xED, 0xA0, 0x80, 0x22])
        == malformed(11, .invalidUTF8))
  }

  @Test("a body that ends too early is refused with its length")
  func ends() {
    #expect(verdict("{") == malformed(1, .unexpectedEnd))
    #expect(verdict(#"{"a":1"#) == malformed(6, .unexpectedEnd))
    #expect(verdict(#"{"a":-"#) == malformed(6, .unexpectedEnd))
    #expect(verdict(#"{"model":"m"#) == malformed(11, .unterminatedString))
    #expect(verdict(#"{"model":"m\u1"#) == malformed(14, .unterminatedString))
    #expect(Pieces.verdict(JSONModelFinder(), Array("{\"a\":\"".utf8) + [0xE2, 0x82]) == malformed(6, .invalidUTF8))
  }

  @Test("the model must end within the limit")
  func limit() {
    let body = #"{"model":"m","a":1}"#
    #expect(verdict(body, limit: 12) == .found(value: "m", range: 9..<12))
    #expect(verdict(body, limit: 11) == .tooFar(limit: 11))
    #expect(verdict(#"{"a":1}"#, limit: 7) == .absent)
    #expect(verdict(#"{"a":1}"#, limit: 6) == .tooFar(limit: 6))
    #expect(verdict(#"{"a":1"#, limit: 6) == malformed(6, .unexpectedEnd))
    #expect(verdict(#"{"a":x"#, limit: 6) == malformed(5, .expectedValue))
    var finder = JSONModelFinder(limit: 6)
    #expect(finder.append(Array(#"{"a":1"#.utf8)) == .needMore)
    #expect(finder.append([]) == .needMore)
    #expect(finder.append([0x20]) == .tooFar(limit: 6))
  }

  @Test("arrays and objects may follow one another at every level")
  func siblings() {
    #expect(
      verdict(#"{"a":{"b":{}},"c":[[],[{}],1],"d":{"e":[{}],"f":1},"model":"m"}"#) == .found(value: "m", range: 59..<62)
    )
    #expect(verdict(#"{"a":{"b":{}},"c":[[],1}"#) == malformed(23, .expectedCommaOrClosingBracket))
  }

  @Test("the depth of containers is bounded")
  func depth() {
    func nested(_ levels: Int) -> String {
      #"{"a":"# + String(repeating: "[{\"b\":", count: levels) + "1" + String(repeating: "}]", count: levels)
        + #","model":"m"}"#
    }
    let body = Array(nested(100).utf8)
    #expect(Pieces.verdict(JSONModelFinder(depthLimit: 201), body) == .found(value: "m", range: 815..<818))
    #expect(Pieces.verdict(JSONModelFinder(depthLimit: 200), body) == malformed(600, .tooDeep))
    #expect(verdict(nested(5000)) == malformed(30_000, .tooDeep))
  }

  @Test("however a body is cut, the verdict is the same")
  func cuts() {
    let long = String(repeating: "0123456789abcdef", count: 8)
    let bodies = [
      #"{"model":"m","query":"q","documents":["a","b"]}"#,
      #" {"documents" : [ "\#(long)" , "é\#(long)日" ] , "model" : "BAAI/bge-reranker-v2-m3" } "#,
      #"{"\u006dod\u0065l":"\ud83d\ude00\ud83d\"\u0041\ude00é日😀"}"#,
      #"{"a":[-0,1.25,10e-3,0E+1,true,false,null,{},[],{"x":{"model":[]}}],"model":"m"}"#,
      #"{"input":"\\\"\/\b\f\n\r\t","n":1}"#,
      #"{"model":null,"model":"second"}"#, #"{"model":17}"#, #"{"model":""}"#, #"{"model":"\u00"}"#,
      #"{"a":tru,"model":"m"}"#, #"{"a":1.e5}"#, #"[{"model":"m"}]"#, #"{"a":"\#(long)"#, "{\"a\":\"x\u{1}\"}",
      "{\"a\":\"\(long)\u{7F}\u{0}\"}", "",
    ]
    for body in bodies {
      #expect(Pieces.disagreeing(JSONModelFinder(), Array(body.utf8)).isEmpty, "\(body)")
      #expect(Pieces.disagreeing(JSONModelFinder(limit: 20), Array(body.utf8)).isEmpty, "\(body) within 20 bytes")
    }
    for bytes: [UInt8] in [[0xC3], [0xE0, 0x9F, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xF0, 0x9F, 0x98]] {
      #expect(Pieces.disagreeing(JSONModelFinder(), Array(#"{"model":"m"#.utf8) + bytes + [0x22]).isEmpty, "\(bytes)")
    }
  }
}
