import HTTPWire

/// Response heads, refused and taken.
enum Responses {
  static let malformed: [(String, HTTPSyntaxError)] =
    [
      "", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 20x OK",
      "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 099 x", "HTTP/1.1 000 x", "HTTP/1.1 -20 x",
      "HTTP/1.1 +20 x", "HTTP/1.1 2 0 x", "http/1.1 200 OK", "ICY 200 OK", "HTTP/1.1 200 O\u{0}K",
      "HTTP/1.1 200 O\u{7F}K", "HTTP/1.1 200\tOK", "HTTP/1.1 200 a\rb", "HTTP/1.1 200\rOK", " HTTP/1.1 200 OK",
      "GET / HTTP/1.1", "HTTP1.1 200 OK", "HTTP/11 200 OK", "HTTP/2 200", "HTTP/1.1 \u{662}00 OK", "HTTP/1.1 200OK",
    ].map { ("\($0)\r\nA: b\r\n\r\n", .badStatusLine) }
    + ["0.9", "1.2", "2.0", "3.0"].map { ("HTTP/\($0) 200 OK\r\n\r\n", .unsupportedVersion) }
    + [
      ("HTTP/1.1 200 OK\nA: b\r\n\r\n", .bareLineFeed),
      ("HTTP/1.1 200 OK\r\nA: b\n\r\n", .bareLineFeed),
      ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .badFieldName),
      ("HTTP/1.1 200 OK\r\nA\r\n\r\n", .badFieldName),
      ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .obsoleteFolding),
      ("HTTP/1.1 200 OK\r\nA: b\u{0}\r\n\r\n", .badFieldValue),
      ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", .badFieldValue),
      ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .badContentLength),
      ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badContentLength),
      ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", .badContentLength),
      ("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n", .badContentLength),
      ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .conflictingContentLengths),
      ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthAndTransferEncoding),
      ("HTTP/1.1 304 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthAndTransferEncoding),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .unsupportedTransferEncoding),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedTransferEncoding),
      (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        .unsupportedTransferEncoding
      ),
    ]

  static let wellFormed: [(String, String)] = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "200 1.1 | length 2 keep | Content-Length=2"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 1.1 | none keep | Content-Length=0"),
    ("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n", "200 1.1 | length 2 keep | Content-Length=2"),
    ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n", "200 1.1 | length 2 keep | Content-Length=2"),
    ("HTTP/1.1 200 \u{E9}t\u{E9} \t!\r\nContent-Length: 2\r\n\r\n", "200 1.1 | length 2 keep | Content-Length=2"),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "200 1.1 | chunked keep | Transfer-Encoding=chunked"
    ),
    ("HTTP/1.1 200 OK\r\n\r\n", "200 1.1 | until close close | "),
    ("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", "200 1.1 | until close close | Connection=keep-alive"),
    ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n", "200 1.0 | length 2 close | Content-Length=2"),
    (
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n",
      "200 1.0 | length 2 keep | Content-Length=2, Connection=keep-alive"
    ),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
      "200 1.1 | length 2 close | Content-Length=2, Connection=close"
    ),
    ("HTTP/1.1 100 Continue\r\n\r\n", "100 1.1 | none keep | "),
    ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "103 1.1 | none keep | Link=</a>"),
    ("HTTP/1.1 204 No Content\r\n\r\n", "204 1.1 | none keep | "),
    ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 1.1 | none keep | Content-Length=5"),
    (
      "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "204 1.1 | none keep | Transfer-Encoding=chunked"
    ),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 1.1 | none keep | Content-Length=5"),
    ("HTTP/1.1 429 Slow Down\r\nContent-Length: 5\r\n\r\n", "429 1.1 | length 5 keep | Content-Length=5"),
    ("HTTP/1.1 999 ?\r\nContent-Length: 5\r\n\r\n", "999 1.1 | length 5 keep | Content-Length=5"),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
      "200 1.1 | length 5 keep | Content-Length=5, Content-Length=5"
    ),
    // RFC 9112 §6.1: a 1.0 message with a transfer coding may be framed wrongly, so its connection ends with it.
    (
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n",
      "200 1.0 | chunked close | Transfer-Encoding=chunked, Connection=keep-alive"
    ),
  ]
}
