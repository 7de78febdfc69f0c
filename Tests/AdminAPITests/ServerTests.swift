import NIOCore
import NIOPosix
import Testing

@testable import AdminAPI

@Suite struct ServerTests {
  @Test("an unknown path is a 404 that names the list")
  func notFound() async throws {
    try await TestServer.run { test in
      let answer = try await test.get("/nope")
      #expect(answer.status == 404)
      #expect(
        answer.body == #"{"error":{"code":"NOT_FOUND","message":"there is no /nope; GET /api/v1 lists what there is","#
          + #""timestamp":"2026-01-31T09:05:00Z"}}"#)
    }
  }

  @Test("another method is a 405 that names the right one")
  func methodNotAllowed() async throws {
    try await TestServer.run { test in
      let answer = try await test.get("/api/v1/eval")
      #expect(answer.status == 405)
      #expect(answer.headers["allow"] == "POST")
      #expect(try answer.errorCode == "METHOD_NOT_ALLOWED")
      let other = try await test.post("/health", "{}")
      #expect(other.headers["allow"] == "GET, HEAD")
    }
  }

  @Test("HEAD has the head of GET and no body")
  func head() async throws {
    try await TestServer.run { test in
      let answer = try await test.client.send(["HEAD /health HTTP/1.1", "host: test", "connection: close"], body: "")
      #expect(answer.status == 200)
      #expect(answer.headers["content-length"] == "51")
      #expect(answer.body == "")
    }
  }

  @Test("a body at the limit is read, one byte more is a 413")
  func bodyLimit() async throws {
    let body = #"{"text":"abcdefgh"}"#
    try await TestServer.run(limits: AdminLimits(bodyBytes: body.utf8.count)) { test in
      let atLimit = try await test.post("/api/v1/eval", body)
      #expect(atLimit.status == 200)
      let answer = try await test.post("/api/v1/eval", body + " ")
      #expect(answer.status == 413)
      #expect(answer.headers["connection"] == "close")
      #expect(try answer.errorCode == "REQUEST_BODY_TOO_LARGE")
      #expect(try answer.errorMessage == "the request body has more than 19 bytes")
    }
  }

  @Test("a chunked body is counted as it comes")
  func chunkedLimit() async throws {
    try await TestServer.run(limits: AdminLimits(bodyBytes: 16)) { test in
      let head = ["POST /api/v1/eval HTTP/1.1", "host: test", "transfer-encoding: chunked"]
      let chunk = "a\r\n0123456789\r\n"
      let answer = try await test.client.send(head, body: chunk + chunk + "0\r\n\r\n")
      #expect(answer.status == 413)
    }
  }

  @Test("a client that asks before it sends too much is refused at once")
  func expectation() async throws {
    try await TestServer.run(limits: AdminLimits(bodyBytes: 16)) { test in
      let head = ["POST /api/v1/eval HTTP/1.1", "host: test", "expect: 100-continue", "content-length: 17"]
      let answer = try await test.client.send(head, body: "")
      #expect(answer.status == 413)
    }
  }

  @Test("requests that come together are answered in order on one connection")
  func pipelining() async throws {
    try await TestServer.run { test in
      let text = try await test.client.exchange(
        "GET /metrics HTTP/1.1\r\nhost: test\r\n\r\nGET /nope HTTP/1.1\r\nhost: test\r\n\r\n"
          + "GET /health HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
      let statuses = text.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1 ") || $0.contains("}HTTP/1.1 ") }
      #expect(text.ranges(of: "HTTP/1.1 ").count == 3)
      #expect(statuses.first == "HTTP/1.1 200 OK")
      #expect(text.contains("requests 7\nHTTP/1.1 404 Not Found\r\n"))
      #expect(text.hasSuffix(#"{"status":"healthy","service":"classification-api"}"#))
    }
  }

  @Test("what is no HTTP gets a 400 and is cut off")
  func malformed() async throws {
    try await TestServer.run { test in
      let answer = try await test.client.exchange("nonsense\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    }
  }

  @Test("a silent connection is closed, and so is one that sends its request too slowly")
  func deadlines() async throws {
    try await TestServer.run(limits: AdminLimits(idleTime: .milliseconds(5))) { test in
      let answer = try await test.client.exchange("")
      #expect(answer == "")
    }
    try await TestServer.run(limits: AdminLimits(requestTime: .milliseconds(5))) { test in
      let half = "POST /api/v1/eval HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n{"
      let answer = try await test.client.exchange(half)
      #expect(answer == "")
    }
  }

  @Test("connections above the limit are closed at once")
  func connectionLimit() async throws {
    try await TestServer.run(limits: AdminLimits(connections: 0)) { test in
      let answer = try await test.client.exchange("")
      #expect(answer == "")
    }
  }

  @Test("a stopped server closes its connections and gives the port back")
  func stop() async throws {
    var port = 0
    try await TestServer.run { test in
      port = test.server.port
      async let silent = test.client.exchange("GET /health HTTP/1.1\r\nhost: test\r\n\r\n")
      await test.server.stop()
      _ = try? await silent
    }
    await #expect(throws: (any Error).self) {
      _ = try await TestClient(port: port, group: .singleton).exchange("")
    }
  }

  @Test("a port in use is an error")
  func portInUse() async throws {
    try await TestServer.run { test in
      let error = await #expect(throws: IOError.self) {
        try await TestServer.run(port: test.server.port) { _ in }
      }
      #expect(error?.errnoCode == EADDRINUSE)
    }
  }
}
