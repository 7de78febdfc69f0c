import HTTPWire
import Testing

@Suite("Request and response heads") struct MessageHeadTests {
  @Test("a malformed request head is refused with its reason", arguments: MalformedRequests.all)
  func refusedRequest(_ text: String, _ error: HTTPSyntaxError) {
    #expect(throws: error) { try Parsing.request(Array(text.utf8)) }
  }

  @Test("a well-formed request head says what it says", arguments: WellFormedRequests.all)
  func takenRequest(_ text: String, _ summary: String) throws {
    #expect(try Parsing.request(Array(text.utf8)) == summary)
  }

  @Test("a malformed response head is refused with its reason", arguments: Responses.malformed)
  func refusedResponse(_ text: String, _ error: HTTPSyntaxError) {
    #expect(throws: error) { try Parsing.response(Array(text.utf8)) }
  }

  @Test("a well-formed response head says what it says", arguments: Responses.wellFormed)
  func takenResponse(_ text: String, _ summary: String) throws {
    #expect(try Parsing.response(Array(text.utf8)) == summary)
  }

  @Test("the response to a HEAD request has no body, whatever its fields say")
  func bodiless() throws {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    #expect(
      try Parsing.response(Array(text.utf8), isBodiless: true) == "200 1.1 | none keep | Content-Length=5")
  }

  @Test("field values may hold bytes that are no UTF-8, targets and names may not")
  func opaqueBytes() throws {
    let start = Array("GET / HTTP/1.1\r\nHost: h\r\n".utf8)
    let end = Array("\r\n\r\n".utf8)
    #expect(
      try Parsing.request(start + Array("A: ".utf8) + [0xFF, 0x80] + end)
        == "GET / 1.1 | none keep | Host=h, A=\u{FFFD}\u{FFFD}")
    #expect(throws: HTTPSyntaxError.badFieldName) { try Parsing.request(start + [0xFF] + Array(": b".utf8) + end) }
    #expect(throws: HTTPSyntaxError.badRequestLine) {
      try Parsing.request(Array("GET /".utf8) + [0xFF] + Array(" HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
    }
  }

  @Test("a head of the largest size is taken, one byte more is refused, terminated or not")
  func sizeLimit() throws {
    let limits = HTTPLimits(headBytes: 40)
    func head(_ filler: Int) -> [UInt8] {
      Array("GET / HTTP/1.1\r\nHost: \(String(repeating: "h", count: filler))\r\n\r\n".utf8)
    }
    #expect(head(14).count == 40)
    #expect(try Parsing.request(head(14), limits: limits) == "GET / 1.1 | none keep | Host=hhhhhhhhhhhhhh")
    #expect(throws: HTTPSyntaxError.headTooLarge) { try Parsing.request(head(15), limits: limits) }
    #expect(throws: HTTPSyntaxError.headTooLarge) {
      try Parsing.request(Array(repeating: UInt8(ascii: "a"), count: 40), limits: limits)
    }
    #expect(try Parsing.request(Array(repeating: UInt8(ascii: "a"), count: 39), limits: limits) == nil)
    #expect(try Parsing.request(head(14) + Array(repeating: 0, count: 100), limits: limits) != nil)
  }

  @Test("the field after the last one allowed is refused")
  func fieldLimit() throws {
    func head(_ fields: Int) -> [UInt8] {
      Array("GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "A: b\r\n", count: fields - 1))\r\n".utf8)
    }
    #expect(try Parsing.request(head(128)) != nil)
    #expect(throws: HTTPSyntaxError.tooManyFields) { try Parsing.request(head(129)) }
    #expect(throws: HTTPSyntaxError.tooManyFields) {
      try Parsing.request(head(2), limits: HTTPLimits(fieldCount: 1))
    }
  }

  @Test("an unfinished head is asked on, wherever it is cut")
  func unfinished() throws {
    let head = Array("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n".utf8)
    for length in 0..<head.count { #expect(try Parsing.request(Array(head[..<length])) == nil, "\(length) bytes") }
  }

  @Test("a head is delimited the same, cut once anywhere and byte by byte")
  func cuts() {
    let texts =
      MalformedRequests.all.map(\.0) + WellFormedRequests.all.map(\.0) + Responses.malformed.map(\.0)
      + Responses.wellFormed.map(\.0)
    for text in texts {
      let bytes = Array(text.utf8)
      let whole = Parsing.headLength(of: bytes, cutAt: [])
      for cut in 0...bytes.count {
        #expect(Parsing.headLength(of: bytes, cutAt: [cut]) == whole, "\(text.debugDescription) cut at \(cut)")
      }
      #expect(Parsing.headLength(of: bytes, cutAt: Array(0...bytes.count)) == whole, "\(text.debugDescription)")
    }
  }

  @Test("a scanner that has found a head starts on the next one")
  func scannerIsReused() throws {
    let head = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
    var scanner = HeadScanner()
    for _ in 0..<3 {
      let length = try head.withUnsafeBytes { try scanner.headLength(in: $0, limits: HTTPLimits()) }
      #expect(length == 27)
    }
  }

  @Test("a head that is used again forgets the message before")
  func headIsReused() throws {
    var head = MessageHead()
    func parse(_ text: String) throws {
      try Array(text.utf8).withUnsafeBytes { try head.parseRequest($0, limits: HTTPLimits()) }
    }
    try parse(
      "POST /long HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 9\r\n\r\n")
    try parse("GET / HTTP/1.1\r\nHost: i\r\n\r\n")
    #expect(head.method == .get)
    #expect(head.methodRange == 0..<3)
    #expect(head.targetRange == 4..<5)
    #expect(head.fields.count == 1)
    #expect(head.byteCount == 27)
    #expect(head.framing == .none)
    #expect(head.keepsAlive)
    #expect(!head.expectsContinue)
  }

  @Test("methods are told apart by their exact spelling")
  func methods() throws {
    let methods: [(String, HTTPMethod)] = [
      ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("OPTIONS", .options),
      ("PATCH", .patch), ("get", .other), ("Post", .other), ("TRACE", .other), ("CONNECT", .other), ("GETS", .other),
      ("GE", .other), ("OPTIONSX", .other),
    ]
    for (name, method) in methods {
      let target = name == "CONNECT" ? "h:1" : "/"
      let head = try Parsing.requestHead("\(name) \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(head?.method == method, "\(name)")
    }
  }

  @Test("a field knows its line, its name's and its value's place")
  func places() throws {
    let text = "GET / HTTP/1.1\r\nHost:  h \r\nX-VSR-Debug: true\r\n\r\n"
    let head = try #require(
      try Parsing.requestHead(text))
    let host = try #require(head.first(.host))
    #expect(host.nameRange == 16..<20)
    #expect(host.valueRange == 23..<24)
    #expect(host.lineStart == 16)
    #expect(host.lineEnd == 27)
    #expect(head.first(.vsrDebug)?.valueRange == 40..<44)
    #expect(head.first(.contentLength) == nil)
    #expect(head.byteCount == 48)
  }

  @Test("field names that mean something are recognised in any case, their likes are not")
  func fieldNames() throws {
    let names: [(String, FieldName)] = [
      ("te", .te), ("Host", .host), ("Expect", .expect), ("Origin", .origin), ("Trailer", .trailer),
      ("Upgrade", .upgrade), ("Connection", .connection), ("Keep-Alive", .keepAlive), ("x-vsr-debug", .vsrDebug),
      ("Content-Type", .contentType), ("X-Request-Id", .requestID), ("AUTHORIZATION", .authorization),
      ("Content-Length", .contentLength), ("Accept-Encoding", .acceptEncoding), ("X-Forwarded-For", .forwardedFor),
      ("Content-Encoding", .contentEncoding), ("Proxy-Connection", .proxyConnection),
      ("X-Selected-Model", .selectedModel), ("X-Forwarded-Host", .forwardedHost),
      ("Transfer-Encoding", .transferEncoding), ("X-Forwarded-Proto", .forwardedProto),
      ("Proxy-Authenticate", .proxyAuthenticate), ("Proxy-Authorization", .proxyAuthorization),
      ("X-VSR-Skip-Processing", .vsrSkipProcessing), ("x-vsr-a", .xVSR), ("X-Vsr-Selected-Model", .xVSR),
      ("x-vsr-debugs", .xVSR), ("x-vsr-mode", .xVSR), ("x-vsr-trace", .xVSR), ("x-vsr-ab", .xVSR), ("x-vsr-abc", .xVSR),
      ("x-vsr-selected-category", .xVSR), ("x-vsr-replay-id", .xVSR), ("x-vsr-", .other),
      ("x-vsrs", .other), ("hosts", .other), ("h", .other), ("content_length", .other), ("X-Requested-With", .other),
      ("transfer-encodinG1", .other),
    ]
    for (name, expected) in names {
      // The other fields of the message are harmless, whatever the name under test means.
      let value = expected == .contentLength ? "1" : "chunked"
      let host = expected == .host ? "" : "Host: h\r\n"
      let head = try Parsing.requestHead("POST / HTTP/1.1\r\n\(name): \(value)\r\n\(host)\r\n")
      #expect(head?.fields.first?.name == expected, "\(name)")
    }
  }

  @Test("the fields of one connection only are never forwarded")
  func hopByHop() {
    let hop: [FieldName] = [
      .connection, .keepAlive, .transferEncoding, .te, .trailer, .upgrade, .proxyConnection, .proxyAuthenticate,
      .proxyAuthorization,
    ]
    for name in hop { #expect(name.isHopByHop, "\(name)") }
    let endToEnd: [FieldName] = [
      .other, .host, .contentLength, .expect, .authorization, .contentType, .requestID, .vsrDebug, .xVSR, .origin,
    ]
    for name in endToEnd { #expect(!name.isHopByHop, "\(name)") }
  }

  @Test("each reason has its status and a sentence")
  func statuses() {
    let statuses: [(HTTPSyntaxError, Int)] = [
      (.bareLineFeed, 400), (.badRequestLine, 400), (.badStatusLine, 400), (.unsupportedVersion, 505),
      (.obsoleteFolding, 400), (.badFieldName, 400), (.badFieldValue, 400), (.headTooLarge, 431),
      (.tooManyFields, 431), (.missingHost, 400), (.severalHosts, 400), (.badContentLength, 400),
      (.conflictingContentLengths, 400), (.lengthAndTransferEncoding, 400), (.unsupportedTransferEncoding, 501),
      (.badChunk, 400), (.trailersTooLarge, 431),
    ]
    for (error, status) in statuses {
      #expect(error.status == status, "\(error)")
      #expect(error.description.count > 20)
    }
  }
}
