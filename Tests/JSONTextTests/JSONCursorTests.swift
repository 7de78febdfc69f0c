import JSONText
import Testing

private func walk<Result>(
  _ text: String, _ body: (inout JSONCursor, UnsafeRawBufferPointer) throws(JSONError) -> Result
) throws(JSONError) -> Result {
  try Array(text.utf8).withUnsafeBufferPointer { (buffer) throws(JSONError) in
    let bytes = UnsafeRawBufferPointer(buffer)
    var cursor = JSONCursor(bytes)
    return try body(&cursor, bytes)
  }
}

struct JSONCursorTests {
  @Test("members come in order with their ranges, and values not asked for are skipped")
  func members() throws {
    try walk(#" { "a" : [1, {"x":2}] ,"b\n":"c\u0041", "a":null } "#) {
      cursor, bytes throws(JSONError) in
      #expect(try cursor.kind() == .object)
      try cursor.enterObject()
      let first = try cursor.nextMember()
      #expect(
        first
          == JSONMember(
            key: JSONExtent(kind: .string, range: 3..<6, unescapedLength: 1), kind: .array))
      let second = try cursor.nextMember()
      #expect(second?.key == JSONExtent(kind: .string, range: 23..<28, unescapedLength: 2))
      #expect(
        try cursor.skipValue() == JSONExtent(kind: .string, range: 29..<38, unescapedLength: 2))
      #expect(try cursor.nextMember()?.kind == .null)
      #expect(try cursor.nextMember() == nil)
      #expect(cursor.depth == 0)
      try cursor.finish()
    }
  }

  @Test("elements come in order with their kinds")
  func elements() throws {
    try walk(#"[1,"a",true,false,null,{},[]]"#) { cursor, _ throws(JSONError) in
      try cursor.enterArray()
      var kinds: [JSONKind] = []
      while let kind = try cursor.nextElement() { kinds.append(kind) }
      #expect(kinds == [.number, .string, .true, .false, .null, .object, .array])
      try cursor.finish()
    }
  }

  @Test("containers may be entered one inside the other")
  func nestedWalk() throws {
    try walk(#"{"a":[[1],[2,3]],"b":4}"#) { cursor, bytes throws(JSONError) in
      var sum = 0
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        if JSONString.equals(member.key, "a", in: bytes) {
          try cursor.enterArray()
          while try cursor.nextElement() != nil {
            try cursor.enterArray()
            while try cursor.nextElement() != nil {
              sum += JSONNumber.integer(try cursor.skipValue(), in: bytes) ?? 0
            }
          }
        } else {
          sum += 10 * (JSONNumber.integer(try cursor.skipValue(), in: bytes) ?? 0)
        }
      }
      try cursor.finish()
      #expect(sum == 46)
    }
  }

  @Test(
    "a walk refuses what validation refuses",
    arguments: ["{\"a\":1,}", "{\"a\" 1}", "{,}", "{\"a\":1 \"b\":2}", "{\"a\":x}"])
  func walkIsStrict(text: String) {
    #expect(throws: JSONError.self) {
      try walk(text) { cursor, _ throws(JSONError) in
        try cursor.enterObject()
        while try cursor.nextMember() != nil {}
        try cursor.finish()
      }
    }
  }

  @Test(
    "an array's walk refuses what validation refuses",
    arguments: ["[1,]", "[,1]", "[1 2]", "[1", "[]]", "[1}"])
  func arrayWalkIsStrict(text: String) {
    #expect(throws: JSONError.self) {
      try walk(text) { cursor, _ throws(JSONError) in
        try cursor.enterArray()
        while try cursor.nextElement() != nil {}
        try cursor.finish()
      }
    }
  }

  @Test("a cursor may start inside a text")
  func startsInside() throws {
    try walk("[1, {\"a\":2}]") { _, bytes throws(JSONError) in
      var cursor = JSONCursor(bytes, at: 3)
      #expect(try cursor.skipValue() == JSONExtent(kind: .object, range: 4..<11))
    }
  }
}
