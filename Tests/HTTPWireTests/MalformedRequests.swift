import HTTPWire

/// Request heads that are refused, and why.
enum MalformedRequests {
  static let all = requestLines + versions + fieldNames + folding + fieldValues + lineFeeds + hosts + lengths + codings

  private static func heads(_ error: HTTPSyntaxError, _ texts: [String]) -> [(String, HTTPSyntaxError)] {
    texts.map { ($0, error) }
  }

  static let requestLines = heads(
    .badRequestLine,
    [
      "", " GET / HTTP/1.1", "GET", "GET ", "GET /", "GET / ", "GET  / HTTP/1.1", "GET /  HTTP/1.1",
      "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.1\t", "GET / HTTP/1.1x",
      "GET / HTTP/1.10", "GET / HTTP/11", "GET / HTTP/1", "GET / HTTP/1.", "GET / HTTP/2", "GET / http/1.1",
      "GET / Http/1.1", "GET / HTTPS/1.1", "GET / HTTP 1.1", "GET / HTTP/1,1", "GET / HTTP/a.1", "GET / HTTP/1.b",
      "GET / HTTP/-1.1", "GET / HTTP/ 1.1", "GET / ICE/1.0", "GET / RTSP/1.0", "G(T / HTTP/1.1", "G\u{0}T / HTTP/1.1",
      "G\u{C9}T / HTTP/1.1", "GET: / HTTP/1.1", "\"GET\" / HTTP/1.1", "GET /a b HTTP/1.1", "GET /\u{0} HTTP/1.1",
      "GET /\u{7F} HTTP/1.1", "GET /\u{E9} HTTP/1.1", "GET /\u{1B}[0m HTTP/1.1", "GET /a\rb HTTP/1.1",
      "GET / HTTP/1.1\r", "GET\r/ HTTP/1.1", "\rGET / HTTP/1.1", "GET /\u{A0}HTTP/1.1", "HTTP/1.1 200 OK",
      "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "GET / HTTP/1.1 HTTP/1.1", "{\"model\":\"MoM\"}", "/ HTTP/1.1",
      // Targets of no form that RFC 9112 §3.2 knows.
      "GET v1/models HTTP/1.1", "GET ?a=b HTTP/1.1", "GET #a HTTP/1.1", "GET . HTTP/1.1", "GET 1 HTTP/1.1",
      "GET http: HTTP/1.1", "GET http:/ HTTP/1.1", "GET http:// HTTP/1.1", "GET ftp://h/ HTTP/1.1",
      "GET h:80 HTTP/1.1", "GET * HTTP/1.1", "OPTIONS ** HTTP/1.1", "OPTIONS */a HTTP/1.1", "GET \\ HTTP/1.1",
      "GET %2F HTTP/1.1",
    ].map { "\($0)\r\nHost: h\r\n\r\n" })

  static let versions =
    heads(
      .unsupportedVersion,
      ["0.0", "0.9", "1.2", "1.9", "2.0", "3.0", "9.9"].map { "GET / HTTP/\($0)\r\nHost: h\r\n\r\n" })
    + heads(.unsupportedVersion, ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])

  /// Field lines behind a Host.
  private static func field(_ line: String) -> String { "POST /p HTTP/1.1\r\nHost: h\r\n\(line)\r\n\r\n" }

  static let fieldNames = heads(
    .badFieldName,
    [
      ": v", ":", "Name : v", "Name\t: v", "Na me: v", "Name", "Name v", "Name\u{0}: v", "Na\u{7F}me: v",
      "N\u{E4}me: v", "(x): v", "a,b: v", "a;b: v", "a=b: v", "a/b: v", "a[b]: v", "a{b: v", "a\"b: v", "a@b: v",
      "a\\b: v", "a<b: v", "a>b: v", "a?b: v", "Content-Length : 5", "Transfer-Encoding : chunked",
      "Transfer-Encoding\t: chunked", "\u{B}Name: v", "\rName: v", "Name\r: v", "GET / HTTP/1.1",
    ].map(field))

  static let folding =
    heads(
      .obsoleteFolding,
      [
        " folded", "\tfolded", " ", "A: b\r\n c", "A: b\r\n\tc", "A: b\r\n  ", "A:\r\n b",
        "Transfer-Encoding:\r\n chunked", "Content-Length: 1\r\n 2", " Content-Length: 5", "A: b\r\n :c",
      ].map(field))
    + heads(.obsoleteFolding, ["GET / HTTP/1.1\r\n Host: h\r\n\r\n", "GET / HTTP/1.1\r\n\tHost: h\r\n\r\n"])

  static let fieldValues = heads(
    .badFieldValue,
    ["\u{0}", "\u{1}", "\u{2}", "\u{7}", "\u{8}", "\u{B}", "\u{C}", "\u{E}", "\u{1B}", "\u{1F}", "\u{7F}"].map {
      field("A: b\($0)c")
    }
      + ["A: b\rc", "A: b\r\r", "A: \r", "A:\u{0}", "\u{41}: b\u{0}", "Host2: h\rX: y", "Content-Length: 5\u{0}"].map(
        field))

  static let lineFeeds = heads(
    .bareLineFeed,
    [
      "\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\nHost: h\n\n", "GET / HTTP/1.1\r\nHost: h\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\n", "GET / HTTP/1.1\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nA: b\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\n\r\n", "GET /\n HTTP/1.1\r\nHost: h\r\n\r\n", "\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    ])

  static let hosts =
    heads(
      .missingHost,
      [
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\r\nHosts: h\r\n\r\n",
        "GET / HTTP/1.1\r\nX-Host: h\r\n\r\n", "GET http://h/ HTTP/1.1\r\n\r\n",
      ])
    + heads(
      .badAuthority,
      ["http:///a", "http://u:p@h/", "http://u@h", "http://?a", "http://:80/", "http://h:a/", "https://h\\i/"].map {
        "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n"
      } + ["GET http:/// HTTP/1.0\r\n\r\n"])
    + heads(
      .hostIsNotAuthority,
      ["http://i/", "http://h:80/", "HTTP://hh?a", "https://i#h"].map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }
        + ["GET http://h/ HTTP/1.1\r\nHost:\r\n\r\n"])
    + heads(
      .severalHosts,
      [
        "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: h\r\nHOST: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nHost: i\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\nHost:\r\n\r\n", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n",
      ])

  static let lengths =
    heads(
      .badContentLength,
      [
        "", "+5", "-5", "-0", "5 5", "5,5", "5, 5", "5, 6", "0x5", "5.0", "5a", "a", "1e3", "\u{663}", "5;", "\"5\"",
        "5\t5", "five", "9999999999999999999", "18446744073709551616", "9223372036854775808",
        "0000000000000000005", "123456789012345678901234567890",
      ].map { field("Content-Length: \($0)") })
    + heads(
      .conflictingContentLengths,
      [
        "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 0\r\nContent-Length: 5",
        "content-length: 5\r\nCONTENT-LENGTH: 50",
        "Content-Length: 5\r\nA: b\r\nContent-Length: 5\r\nContent-Length: 4",
      ].map(field))

  static let codings =
    heads(
      .lengthAndTransferEncoding,
      [
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nTransfer-Encoding: identity",
        "transfer-encoding: chunked\r\ncontent-length: 5", "Content-Length: 5\r\nTransfer-Encoding:",
      ].map(field))
    + heads(
      .unsupportedTransferEncoding,
      [
        "gzip", "gzip, chunked", "gzip,chunked", "chunked, chunked", "chunked, gzip", "identity", "chunked, identity",
        "identity, chunked", "xchunked", "chunkedx", "chunked;q=1", "\"chunked\"", "chunked,", ",chunked", "",
        "deflate", "trailers", "chun ked", "chunked chunked", "chunked\r\nTransfer-Encoding: chunked",
        "gzip\r\nTransfer-Encoding: chunked", "chunked\r\nTransfer-Encoding: gzip", "\u{FF}chunked",
      ].map { field("Transfer-Encoding: \($0)") })
    + heads(.unsupportedTransferEncoding, ["POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"])
}
