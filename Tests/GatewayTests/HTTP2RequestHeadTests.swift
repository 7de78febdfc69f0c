import HTTPWire
import NIOCore
import NIOHPACK
import Testing

@testable import Gateway

struct HTTP2RequestHeadTests {
  static let pseudo: [(String, String)] = [
    (":method", "POST"), (":scheme", "https"), (":authority", "switchyard.test:8443"), (":path", "/v1/embeddings?a=b"),
  ]

  func text(_ fields: [(String, String)], endsStream: Bool = false) throws -> String {
    let head = try HTTP2RequestHead.text(HPACKHeaders(fields), endsStream: endsStream, allocator: ByteBufferAllocator())
    return String(buffer: head)
  }

  @Test("a request becomes the same request in HTTP/1")
  func request() throws {
    let text = try text(Self.pseudo + [("content-type", "application/json"), ("content-length", "2")])
    #expect(
      text == """
        POST /v1/embeddings?a=b HTTP/1.1\r
        host: switchyard.test:8443\r
        content-type: application/json\r
        content-length: 2\r
        \r

        """)
  }

  @Test("trailers become header lines; pseudo headers and what could end a line are refused")
  func trailers() throws {
    let lines = try HTTP2RequestHead.trailers(HPACKHeaders([("x-sum", "1"), ("x-empty", "")]))
    #expect(String(decoding: lines, as: UTF8.self) == "x-sum: 1\r\nx-empty: \r\n")
    for field in [(":path", "/"), ("X-A", "1"), ("x-a", "1\n"), ("", "1"), ("connection", "x"), ("upgrade", "h2c")] {
      #expect(throws: HTTP2RequestHead.Malformed.self) { try HTTP2RequestHead.trailers(HPACKHeaders([field])) }
    }
  }

  @Test("a body of unknown length is chunked in HTTP/1 terms, no body is none")
  func framing() throws {
    var head = MessageHead()
    for (fields, ends, framing): ([(String, String)], Bool, MessageHead.Framing) in [
      (Self.pseudo, false, .chunked), (Self.pseudo, true, .none),
      (Self.pseudo + [("content-length", "7")], false, .length(7)),
    ] {
      let text = try HTTP2RequestHead.text(HPACKHeaders(fields), endsStream: ends, allocator: ByteBufferAllocator())
      try text.withUnsafeReadableBytes { try head.parseRequest($0, limits: HTTPLimits()) }
      #expect(head.framing == framing)
      #expect(head.method == .post)
      #expect(head.keepsAlive)
    }
  }

  @Test("cookies are joined, and a host field stands in for the authority")
  func cookies() throws {
    let fields = Self.pseudo.filter { $0.0 != ":authority" }
    let text = try text(fields + [("cookie", "a=1"), ("host", "elsewhere.test"), ("cookie", "b=2")], endsStream: true)
    #expect(text.contains("host: elsewhere.test\r\n"))
    #expect(text.contains("cookie: a=1; b=2\r\n"))
  }

  @Test("te: trailers is tolerated and not passed on")
  func acceptsTrailers() throws {
    #expect(try !text(Self.pseudo + [("te", "trailers")]).contains("te:"))
  }

  @Test("a host that differs from the authority only in case is the same")
  func hostCase() throws {
    let text = try text(Self.pseudo + [("host", "Switchyard.Test:8443")], endsStream: true)
    #expect(text.split(separator: "host:").count == 2)
  }

  typealias Malformed = HTTP2RequestHead.Malformed

  @Test(
    "what is no request is refused",
    arguments: [
      ([("x-a", "1\r\nx-b: 2")], Malformed.badValue("x-a")), ([("x-a", "1\n")], .badValue("x-a")),
      ([("x-a", "\0")], .badValue("x-a")), ([("x-a", "\u{7F}")], .badValue("x-a")),
      ([("X-A", "1")], .badName("X-A")), ([("x a", "1")], .badName("x a")), ([("x-a:", "1")], .badName("x-a:")),
      ([("", "1")], .badName("")), ([("x-a\r\nx-b", "1")], .badName("x-a\r\nx-b")),
      ([("connection", "close")], .connectionSpecific("connection")),
      ([("transfer-encoding", "chunked")], .connectionSpecific("transfer-encoding")),
      ([("upgrade", "h2c")], .connectionSpecific("upgrade")), ([("te", "gzip")], .connectionSpecific("te")),
      ([("keep-alive", "1")], .connectionSpecific("keep-alive")),
      ([("proxy-connection", "1")], .connectionSpecific("proxy-connection")),
      ([("host", "other.test")], .hostIsNotAuthority), ([(":path", "/b")], .twice(":path")),
      ([("x-a", "1"), (":path", "/b")], .pseudoHeaderAfterFields(":path")),
      ([(":status", "200")], .unknownPseudoHeader(":status")),
      ([("host", "switchyard.test:8443"), ("host", "switchyard.test:8443")], .twice("host")),
    ] as [([(String, String)], Malformed)])
  func malformed(fields: [(String, String)], expected: Malformed) {
    #expect(throws: expected) { try text(Self.pseudo + fields) }
  }

  @Test(
    "pseudo headers hold what a request line can hold",
    arguments: [
      (":path", "", Malformed.badPath), (":path", "v1", .badPath), (":path", "*", .badPath),
      (":path", "http://a/b", .badPath), (":path", "/a HTTP/1.1", .badPath), (":path", "/a\r\nb: c", .badPath),
      (":path", "/\u{E9}", .badPath), (":method", "GE T", .badMethod), (":method", "", .badMethod),
      (":method", "GET\r\n", .badMethod), (":method", "CONNECT", .badMethod), (":scheme", "ftp", .badScheme),
      (":authority", "a b", .badAuthority), (":authority", "user@a", .badAuthority),
      (":authority", "a\r\nb: c", .badAuthority), (":authority", "a/b", .badAuthority),
    ])
  func pseudoHeaders(name: String, value: String, expected: Malformed) {
    #expect(throws: expected) { try text(Self.pseudo.map { $0.0 == name ? (name, value) : $0 }) }
  }

  @Test("method, scheme and path must be there", arguments: [":method", ":scheme", ":path"])
  func missing(name: String) {
    #expect(throws: Malformed.self) { try text(Self.pseudo.filter { $0.0 != name }) }
  }

  /// Whatever a header block holds, its text parses to the same fields or is refused: nothing begins another line.
  @Test("random header blocks never become other fields")
  func random() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let alphabet = Array("abx-:0 \r\n\t\0A/@,;=é")
    func word() -> String { String((0..<next(6)).map { _ in alphabet[next(alphabet.count)] }) }
    var head = MessageHead()
    for _ in 0..<2_000 {
      var fields = Self.pseudo
      fields[next(4)].1 += word()
      for _ in 0..<next(3) { fields.append(("x" + word(), word())) }
      guard
        let text = try? HTTP2RequestHead.text(
          HPACKHeaders(fields), endsStream: true, allocator: ByteBufferAllocator())
      else { continue }
      text.withUnsafeReadableBytes { bytes in
        guard (try? head.parseRequest(bytes, limits: HTTPLimits())) != nil else { return }
        let names = head.fields.map { String(decoding: bytes[$0.nameRange], as: UTF8.self) }
        #expect(names == ["host"] + fields.dropFirst(4).map(\.0), "seed \(seed)")
        #expect(head.byteCount == bytes.count, "seed \(seed)")
      }
    }
  }
}
