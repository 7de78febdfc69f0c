import HTTP2Scripts

/// Sound requests and answers to begin with.
enum Corpus {
  struct Request {
    var bytes: [UInt8]
    var count: Int

    init(_ text: String, count: Int = 1) {
      bytes = Array(text.utf8)
      self.count = count
    }
  }

  struct Answer {
    var bytes: [UInt8]
    /// It ends with its connection.
    var endsByClosing: Bool

    init(_ text: String, endsByClosing: Bool = false) {
      bytes = Array(text.utf8)
      self.endsByClosing = endsByClosing
    }
  }

  static let model = "fuzzed"
  static let hedgedModel = "hedged"
  static let chat = #"{"model":"fuzzed","messages":[{"role":"user","content":"Hi"}],"max_tokens":4}"#
  /// For scripts of frames.
  static let framed = HTTP2Requests(path: "/v1/chat/completions", otherPath: "/v1/rerank", body: Array(chat.utf8))
  private static let stream = #"{"model":"fuzzed","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#
  private static let hedged = #"{"model":"hedged","messages":[{"role":"user","content":"Hi"}]}"#
  private static let routed = #"{"model":"MoM","messages":[{"role":"user","content":"urgent: what is 2 + 2?"}]}"#
  private static let rerank = #"{"query":"a","documents":["b","c"],"model":"fuzzed"}"#
  private static let form =
    "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nfuzzed\r\n"
    + "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
    + String(repeating: "sound ", count: 200) + "\r\n--x--\r\n"

  static func post(_ path: String, _ body: String, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static func chunked(_ path: String, _ body: String, size: Int, _ fields: String = "") -> String {
    var text = "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n"
    var rest = Substring(body)
    while !rest.isEmpty {
      let piece = rest.prefix(size)
      text += "\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n"
      rest = rest.dropFirst(size)
    }
    return text + "0\r\n\r\n"
  }

  private static let path = "/v1/chat/completions"
  static let good = post(path, chat)

  static let requests: [Request] = [
    Request(good),
    Request(post(path, stream, "Content-Type: application/json\r\nUser-Agent: fuzz\r\n")),
    Request(post(path, hedged)),
    Request(post(path, routed, "x-vsr-debug: true\r\nX-Request-ID: id-1\r\n")),
    Request(good + good + post(path, stream), count: 3),
    Request("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n" + good, count: 2),
    Request(chunked(path, chat, size: 7)),
    Request(chunked(path, stream, size: 20) + good, count: 2),
    Request(post(path, chat, "Expect: 100-continue\r\n")),
    Request(post(path, chat, "Connection: close\r\n")),
    Request("POST \(path) HTTP/1.0\r\nContent-Length: \(chat.utf8.count)\r\n\r\n\(chat)"),
    Request("POST \(path) HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: \(stream.utf8.count)\r\n\r\n\(stream)"),
    Request(post("/v1/completions?a=b", #"{"model":"fuzzed","prompt":"Hi","stream":true}"#)),
    Request(post("/v1/embeddings", #"{"model":"fuzzed","input":["a","b"]}"#)),
    Request(post("/v1/messages", #"{"model":"fuzzed","max_tokens":4,"messages":[{"role":"user","content":"Hi"}]}"#)),
    Request(post("/v1/responses", #"{"model":"fuzzed","input":"Hi"}"#)),
    Request(post("/v1/rerank", rerank) + good, count: 2),
    Request(chunked("/v1/rerank", rerank, size: 11, "Trailer: X-Sum\r\n")),
    Request(post("/tokenize", #"{"model":"fuzzed","prompt":"Hi"}"#, "Expect: 100-continue\r\n")),
    Request(post("/v1/audio/transcriptions", form, "Content-Type: multipart/form-data; boundary=x\r\n")),
    Request(
      chunked("/v1/audio/transcriptions", form, size: 300, "Content-Type: multipart/form-data; boundary=\"x\"\r\n")
        + "HEAD /v1/models HTTP/1.1\r\nHost: a\r\n\r\n", count: 2),
    Request(
      "OPTIONS \(path) HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Method: POST\r\n\r\n"
        + "HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n" + good, count: 3),
    Request("GET /health HTTP/1.1\r\nHost: a\r\n\r\nDELETE /nothing HTTP/1.1\r\nHost: a\r\n\r\n", count: 2),
    Request(post(path, #"{"model":"unknown","messages":[]}"#) + post(path, "{") + post(path, ""), count: 3),
    Request(
      post(
        path,
        #"{"model":"fuzzed","messages":[{"role":"user","content":""# + String(repeating: "word ", count: 9_000)
          + #""}]}"#)),
  ]

  /// HTTP/2 with prior knowledge: the preface, SETTINGS, a whole request on stream 1.
  static let http2: [UInt8] = {
    func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
      [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
    }
    // `:method POST`, `:scheme http`, then literals with the names of `:path` and `:authority`.
    let fields: [UInt8] = [0x83, 0x86, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + [0x01, 1, 0x61]
    return Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, []) + frame(1, 4, 1, fields)
      + frame(0, 1, 1, Array(chat.utf8)) + frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])
  }()

  static let goodBody = #"{"id":"1","choices":[{"message":{"role":"assistant","content":"Hello"}}]}"#
  static let goodAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    + "Content-Length: \(goodBody.utf8.count)\r\n\r\n\(goodBody)"
  private static let event = #"data: {"choices":[{"delta":{"content":"Hello"}}]}"# + "\n\n"
  private static let eventChunk = String(event.utf8.count, radix: 16) + "\r\n\(event)\r\n"
  private static let streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

  static let answers: [Answer] = [
    Answer(goodAnswer),
    Answer(
      streamHead + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: eventChunk, count: 5)
        + "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"),
    Answer(streamHead + "Connection: close\r\n\r\n" + event + event + "data: [DONE]\n\n", endsByClosing: true),
    Answer("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + goodBody, endsByClosing: true),
    Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n"),
    Answer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + goodAnswer),
    Answer("HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"),
    Answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n{}"),
    Answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 1\r\n\r\nbusy"),
    Answer("HTTP/1.1 200\r\nContent-Length: 0\r\nConnection: close, x-a\r\nX-A: b\r\n\r\n"),
    Answer(
      "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + String(repeating: "0123456789", count: 20_000)),
    Answer(
      streamHead + "Transfer-Encoding: chunked\r\n\r\n" + "14000\r\n" + String(repeating: "data: 7\n", count: 10_240)
        + "\r\n0\r\n\r\n"),
  ]

  /// What an engine may say that is no sound answer.
  static let unsound: [Answer] =
    [
      "", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 100 Continue\r\n\r\n", "SSH-2.0-x\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nevil", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "HTTP/1.1 200 OK\n\nok",
      streamHead + "Transfer-Encoding: chunked\r\n\r\n" + eventChunk + "zz\r\n",
      streamHead + "Transfer-Encoding: chunked\r\n\r\n" + eventChunk + "80\r\ndata: {\"a\":1}\n\n",
      goodAnswer + goodAnswer,
    ].map { Answer($0, endsByClosing: false) }
}
