import NIOHPACK
import Testing

@testable import ExtProc

@Suite("The head of a call") struct CallHeadTests {
  private static let usual = [
    (":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/p"), ("te", "trailers"),
    ("content-type", "application/grpc"),
  ]

  private static func head(_ fields: [(String, String)]) -> CallHead? { try? CallHead(HPACKHeaders(fields)) }

  @Test("what matters is read")
  func fields() throws {
    let head = try CallHead(HPACKHeaders(Self.usual))
    #expect(head.method == "POST")
    #expect(head.path == "/p")
    #expect(head.contentType == "application/grpc")
    let plain = try CallHead([":method": "GET", ":scheme": "http", ":path": "/", "x": "\u{E9}\t~"])
    #expect(plain.contentType == "")
    _ = try CallHead([":method": "CONNECT", ":authority": "a:1"])
  }

  @Test(
    "fields that break HTTP/2's rules are refused",
    arguments: [
      ("Upper", "x"), ("", "x"), ("a b", "x"), ("a:", "x"), ("\u{E9}", "x"), ("x", "a\nb"), ("x", "a\rb"), ("x", "\0"),
      ("connection", "close"), ("keep-alive", "1"), ("proxy-connection", "x"), ("transfer-encoding", "chunked"),
      ("upgrade", "h2c"),
    ])
  func malformed(name: String, value: String) {
    #expect(Self.head(Self.usual + [(name, value)]) == nil)
    #expect(throws: CallHead.Malformed.self) { try CallHead.checkTrailers(HPACKHeaders([(name, value)])) }
  }

  @Test(
    "pseudo-header fields that break HTTP/2's rules are refused",
    arguments: [
      [(":method", "POST"), (":scheme", "http")], [(":method", "POST"), (":path", "/")],
      [(":scheme", "http"), (":path", "/")], [(":method", "POST"), (":scheme", "http"), (":path", "")],
      [(":method", "POST"), (":scheme", "http"), (":path", "/ b")],
      [(":method", "POST"), (":scheme", "http"), (":path", "/\u{7F}")], usual + [(":path", "/p")],
      [("x", "y")] + usual, [(":status", "200")] + usual, [(":protocol", "websocket")] + usual,
      [(":method", "CONNECT"), (":authority", "a"), (":path", "/"), (":scheme", "http")], [(":method", "CONNECT")], [],
    ])
  func malformedPseudo(fields: [(String, String)]) {
    #expect(Self.head(fields) == nil)
  }

  @Test("te says trailers or nothing")
  func te() {
    #expect(Self.head(Self.usual.map { $0.0 == "te" ? ("te", "gzip") : $0 }) == nil)
  }

  @Test("trailers have no pseudo-header fields")
  func trailers() throws {
    try CallHead.checkTrailers(["x-checksum": "1"])
    #expect(throws: CallHead.Malformed.self) { try CallHead.checkTrailers([":path": "/"]) }
  }

  @Test("a block like the one before it is known; any other is read, and one that breaks the rules is not kept")
  func repeated() throws {
    var heads = CallHeadReader()
    let usual = HPACKHeaders(Self.usual)
    for path in ["/p", "/p", "/other", "/p"] {
      let block = HPACKHeaders(Self.usual.map { $0.0 == ":path" ? (":path", path) : $0 })
      #expect(try heads.read(block).path == path)
    }
    for broken in [Self.usual + [("connection", "close")], Self.usual.dropLast() + [("x", "a\nb")]] {
      for _ in 0..<2 {
        #expect(throws: CallHead.Malformed.self) { try heads.read(HPACKHeaders(broken)) }
        #expect(try heads.read(usual).path == "/p")
      }
    }
    #expect(try heads.read(HPACKHeaders(Self.usual.dropLast())).contentType == "")
    #expect(
      try heads.read(HPACKHeaders(Self.usual.map { ($0.0, $0.0 == "content-type" ? "x" : $0.1) })).contentType == "x")
  }
}
