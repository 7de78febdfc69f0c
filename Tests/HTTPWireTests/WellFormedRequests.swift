/// Request heads that are taken, and what they say.
enum WellFormedRequests {
  static let all: [(String, String)] =
    targets + fields + framing + connections

  static let targets: [(String, String)] = [
    ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 1.1 | none keep | Host=h"),
    (
      "POST /v1/chat/completions HTTP/1.1\r\nHost: router:8080\r\nContent-Length: 93\r\n\r\n",
      "POST /v1/chat/completions 1.1 | length 93 keep | Host=router:8080, Content-Length=93"
    ),
    ("GET /v1/models HTTP/1.0\r\n\r\n", "GET /v1/models 1.0 | none close | "),
    ("GET /a?b=c&d=%20 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b=c&d=%20 1.1 | none keep | Host=h"),
    ("GET //a/../b HTTP/1.1\r\nHost: h\r\n\r\n", "GET //a/../b 1.1 | none keep | Host=h"),
    (
      "GET /!$&'()*+,;=:@-._~[]{}|^`<>\"\\ HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /!$&'()*+,;=:@-._~[]{}|^`<>\"\\ 1.1 | none keep | Host=h"
    ),
    ("GET http://h/v1/models HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h/v1/models 1.1 | none keep | Host=h"),
    ("GET HTTPS://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET HTTPS://h 1.1 | none keep | Host=h"),
    ("GET http://H:80?a HTTP/1.1\r\nHost: h:80\r\n\r\n", "GET http://H:80?a 1.1 | none keep | Host=h:80"),
    ("GET http://[::1]/ HTTP/1.0\r\n\r\n", "GET http://[::1]/ 1.0 | none close | "),
    ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * 1.1 | none keep | Host=h"),
    ("OPTIONS /a HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS /a 1.1 | none keep | Host=h"),
    ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "CONNECT h:443 1.1 | none keep | Host=h:443"),
    ("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "HEAD / 1.1 | none keep | Host=h"),
    ("PUT / HTTP/1.1\r\nHost: h\r\n\r\n", "PUT / 1.1 | none keep | Host=h"),
    ("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n", "DELETE / 1.1 | none keep | Host=h"),
    ("PATCH / HTTP/1.1\r\nHost: h\r\n\r\n", "PATCH / 1.1 | none keep | Host=h"),
    ("M-SEARCH / HTTP/1.1\r\nHost: h\r\n\r\n", "M-SEARCH / 1.1 | none keep | Host=h"),
    ("get / HTTP/1.1\r\nHost: h\r\n\r\n", "get / 1.1 | none keep | Host=h"),
    ("!#$%&'*+-.^_`|~09Az / HTTP/1.1\r\nHost: h\r\n\r\n", "!#$%&'*+-.^_`|~09Az / 1.1 | none keep | Host=h"),
  ]

  static let fields: [(String, String)] = [
    ("GET / HTTP/1.1\r\nHost:h\r\n\r\n", "GET / 1.1 | none keep | Host=h"),
    ("GET / HTTP/1.1\r\nHost: \t h \t\r\n\r\n", "GET / 1.1 | none keep | Host=h"),
    ("GET / HTTP/1.1\r\nhOsT: h\r\n\r\n", "GET / 1.1 | none keep | hOsT=h"),
    ("GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 1.1 | none keep | Host="),
    ("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "GET / 1.1 | none keep | Host=[::1]:8080"),
    ("GET / HTTP/1.1\r\nHost: h\r\nA:\r\n\r\n", "GET / 1.1 | none keep | Host=h, A="),
    ("GET / HTTP/1.1\r\nHost: h\r\nA: \t \r\n\r\n", "GET / 1.1 | none keep | Host=h, A="),
    ("GET / HTTP/1.1\r\nHost: h\r\nA: b c\td\r\n\r\n", "GET / 1.1 | none keep | Host=h, A=b c\td"),
    ("GET / HTTP/1.1\r\nHost: h\r\nA: b: c: d\r\n\r\n", "GET / 1.1 | none keep | Host=h, A=b: c: d"),
    ("GET / HTTP/1.1\r\nHost: h\r\nA::\r\n\r\n", "GET / 1.1 | none keep | Host=h, A=:"),
    ("GET / HTTP/1.1\r\nHost: h\r\nA: \u{E9}\u{1F600}\r\n\r\n", "GET / 1.1 | none keep | Host=h, A=\u{E9}\u{1F600}"),
    (
      "GET / HTTP/1.1\r\nHost: h\r\n!#$%&'*+-.^_`|~09Az: b\r\n\r\n",
      "GET / 1.1 | none keep | Host=h, !#$%&'*+-.^_`|~09Az=b"
    ),
    ("GET / HTTP/1.1\r\nA: b\r\nHost: h\r\nA: c\r\n\r\n", "GET / 1.1 | none keep | A=b, Host=h, A=c"),
    (
      "GET / HTTP/1.1\r\nHost: h\r\nX-Empty-Name-Not: \"\"\r\n\r\n",
      "GET / 1.1 | none keep | Host=h, X-Empty-Name-Not=\"\""
    ),
    ("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\n", "GET / 1.1 | none keep | Host=h"),
    ("GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET / 1.0 | none close | Host=h"),
  ]

  static let framing: [(String, String)] = [
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
      "POST / 1.1 | none keep | Host=h, Content-Length=0"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\ncontent-LENGTH:\t5 \r\n\r\nhello",
      "POST / 1.1 | length 5 keep | Host=h, content-LENGTH=5"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 005\r\n\r\n",
      "POST / 1.1 | length 5 keep | Host=h, Content-Length=005"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999999999\r\n\r\n",
      "POST / 1.1 | length 999999999999999999 keep | Host=h, Content-Length=999999999999999999"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
      "POST / 1.1 | length 5 keep | Host=h, Content-Length=5, Content-Length=5"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / 1.1 | chunked keep | Host=h, Transfer-Encoding=chunked"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\ntransfer-encoding:Chunked\t\r\n\r\n",
      "POST / 1.1 | chunked keep | Host=h, transfer-encoding=Chunked"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nX-Content-Length: 7\r\nTransfer-Encodings: gzip\r\n\r\n",
      "POST / 1.1 | none keep | Host=h, X-Content-Length=7, Transfer-Encodings=gzip"
    ),
    (
      "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
      "POST / 1.0 | length 2 close | Content-Length=2"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
      "POST / 1.1 | length 2 keep 100 | Host=h, Expect=100-continue, Content-Length=2"
    ),
    (
      "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
      "POST / 1.0 | length 2 close | Expect=100-continue, Content-Length=2"
    ),
    ("POST / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\n\r\n", "POST / 1.1 | none keep | Host=h, Expect=wonders"),
    ("GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n", "GET / 1.1 | none keep | Host=h, TE=trailers"),
  ]

  static let connections: [(String, String)] = [
    ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / 1.1 | none close | Host=h, Connection=close"),
    ("GET / HTTP/1.1\r\nHost: h\r\nConnection: CLOSE\r\n\r\n", "GET / 1.1 | none close | Host=h, Connection=CLOSE"),
    (
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: te ,\tclose\r\n\r\n",
      "GET / 1.1 | none close | Host=h, Connection=te ,\tclose"
    ),
    (
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
      "GET / 1.1 | none close | Host=h, Connection=keep-alive, Connection=close"
    ),
    (
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n",
      "GET / 1.1 | none keep | Host=h, Connection=closed"
    ),
    ("GET / HTTP/1.1\r\nHost: h\r\nConnection: ,,\r\n\r\n", "GET / 1.1 | none keep | Host=h, Connection=,,"),
    ("GET / HTTP/1.1\r\nHost: h\r\nConnection:\r\n\r\n", "GET / 1.1 | none keep | Host=h, Connection="),
    ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 1.0 | none keep | Connection=keep-alive"),
    ("GET / HTTP/1.0\r\nConnection: Keep-Alive, x\r\n\r\n", "GET / 1.0 | none keep | Connection=Keep-Alive, x"),
    (
      "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
      "GET / 1.0 | none close | Connection=keep-alive, close"
    ),
    (
      "GET / HTTP/1.1\r\nHost: h\r\nProxy-Connection: close\r\n\r\n",
      "GET / 1.1 | none keep | Host=h, Proxy-Connection=close"
    ),
  ]
}
