import FuzzCommand
import Seeded

/// Messages to begin with, and changing them a little.
enum Mutation {
  static let requests =
    [
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /v1/models HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: h:8080\r\nContent-Type: application/json\r\n"
        + "Content-Length: 16\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n{\"model\": \"MoM\"}",
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        + "a;x=y\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\nConnection: close, te\r\n\r\n",
      "DELETE /x HTTP/1.1\r\nHost: h\r\nA:\r\nB: \t c d \t\r\nX-VSR-Debug: true\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
      "HEAD http://h/a HTTP/1.1\r\nHost: h\r\n\r\n",
      "PUT /a#b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX",
    ].map { Array($0.utf8) }

  static let responses =
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\nE\r\n: hello world\n\n\r\n0\r\n\r\n",
      "HTTP/1.0 200 OK\r\n\r\nuntil the end",
      "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 500\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\n\r\n",
    ].map { Array($0.utf8) }

  private static let tokens: [[UInt8]] =
    [
      "\r\n", "\r", "\n", "\r\n\r\n", " ", "\t", ":", ": ", ";", ",", "\"", "0", "1", "9", "a", "f", "F", "-", "+", "_",
      "\u{0}",
      "\u{B}", "\u{7F}", "/", "*", "?", "#", "%", "\\", "|", "0\r\n\r\n", "5\r\nhello\r\n", "00", "fffffffff", " \r\n",
      "\r\n ",
      "\r\n\t", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "http/1.1", "GET", "POST", "CONNECT", "PRI", "QUERY",
      "Host: h\r\n", "Host:\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Content-Length: 05\r\n",
      "Content-Length: +5\r\n", "Content-Length: 5,5\r\n", "content-length:5\r\n", "Content-Length : 5\r\n",
      "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding: gzip, chunked\r\n",
      "transfer-encoding:\tCHUNKED \r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: chunked, \r\n",
      "Connection: close\r\n", "Connection: keep-alive\r\n", "Connection: upgrade\r\n", "Upgrade: h2c\r\n",
      "A: b\r\n", "A:\r\n b\r\n", "A\r\n", ": b\r\n", "A : b\r\n", "Expect: 100-continue\r\n", "Trailer: A\r\n", "é",
      "chunked", "5;a=b\r\n", "5 \r\n", "200", "204", "304", "101", "999", "http://", "https://h",
    ].map { Array($0.utf8) } + [[0xFF], [0x80], [0xC3, 0x28]]

  private static let mutator = ByteMutator(
    words: tokens, partLimit: 8, spliceLimit: 64, byteLimit: 4096, insertsLines: true)

  /// One of the messages, of at most 4 KiB, with one to four changes.
  static func mutated(_ seeds: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
    mutator.mutated(seeds, &generator)
  }
}
