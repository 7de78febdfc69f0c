import HTTPWire
import Testing

@Suite("Trailer fields") struct TrailerFieldsTests {
  private func passed(_ section: String) -> String {
    String(decoding: TrailerFields.passed(Array(section.utf8)), as: UTF8.self)
  }

  @Test("fields that a recipient can do with after the content pass, as they are")
  func passes() {
    for line in ["X-Checksum: abc", "Server-Timing:  db;dur=53 ", "ETag: \"a\"", "digest:", "X-Content-Length: 1"] {
      #expect(passed("\(line)\r\n") == "\(line)\r\n")
    }
  }

  @Test(
    "framing, routing, authentication, the content's description and the router's own words do not",
    arguments: [
      "Transfer-Encoding", "Content-Length", "content-type", "Content-Encoding", "Content-Range", "CONTENT-ANYTHING",
      "Host", "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Set-Cookie", "Cookie", "TE", "Trailer",
      "Connection", "Keep-Alive", "Upgrade", "Expect", "Range", "If-Match", "Max-Forwards", "Cache-Control", "Vary",
      "Location", "Retry-After", "Date", "X-Request-ID", "X-VSR-Debug", "X-Selected-Model", "Forwarded",
      "X-Forwarded-For", "X-User-Openai-Key", "Access-Control-Allow-Origin", "Origin", "X-Api-Key", "api-key",
    ])
  func barred(_ name: String) {
    #expect(passed("A: 1\r\n\(name): x\r\nB: 2\r\n") == "A: 1\r\nB: 2\r\n")
    #expect(passed("\(name.uppercased()):\r\n").isEmpty)
  }

  @Test("nor do names that the caller bars, however they are spelt")
  func barredByTheCaller() {
    let section = Array("X-A: 1\r\nX-B: 2\r\nx-c: 3\r\n".utf8)
    #expect(TrailerFields.passed(section, except: ["x-a", "x-c"]) == Array("X-B: 2\r\n".utf8))
  }

  @Test("what is no line is left out")
  func noLines() {
    for section in ["", "\r\n", ": v\r\n", "a\r\n", "a: b", "a: b\n"] { #expect(passed(section).isEmpty, "\(section)") }
  }

  @Test("a keep-alive field says its timeout in seconds")
  func keepAlive() {
    let values: [(String, Int?)] = [
      ("timeout=5", 5), ("timeout=5, max=100", 5), ("max=100,\tTimeout=75", 75), ("timeout=0", 0), ("timeout=5 ", 5),
      ("", nil), ("max=5", nil), ("timeout", nil), ("timeout=", nil), ("timeout=-1", nil), ("timeout=5s", nil),
      ("timeout=1234567890", nil), ("timeout =5", nil), ("xtimeout=5", nil),
    ]
    for (value, seconds) in values {
      #expect(Array(value.utf8).withUnsafeBytes { KeepAliveField.timeout($0) } == seconds, "\(value)")
    }
  }
}
