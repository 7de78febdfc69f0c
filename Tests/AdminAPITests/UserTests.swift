import Foundation
import Testing
import UserStore

@testable import AdminAPI

@Suite struct UserTests {
  /// Runs a test with the users API over a file of its own.
  private static func run(
    compatibility: String = "0.4", access: UserAccess = .open, _ body: (TestServer) async throws -> Void
  ) async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).db").path
    defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
    let document = TestServer.document + "\nglobal: {gateway: {aibrix_compat: \"\(compatibility)\"}}\n"
    try await TestServer.run(document, users: UserStore(path: path), userAccess: access, body)
  }

  @Test("a user's life, in the texts of release 0.4")
  func texts() async throws {
    try await Self.run { test in
      let steps: [(String, String, Int, String)] = [
        ("/ReadUser", #"{"name":"ann"}"#, 404, "user does not exists"),
        ("/CreateUser", #"{"name":"ann","rpm":5,"tpm":70}"#, 200, "Created User: {Name:ann Rpm:5 Tpm:70}"),
        ("/CreateUser", #"{"name":"ann","rpm":9,"tpm":9}"#, 409, "User: ann exists"),
        ("/ReadUser", #"{"name":"ann"}"#, 200, "User: {Name:ann Rpm:5 Tpm:70}"),
        ("/UpdateUser", #"{"name":"ann","rpm":6}"#, 200, "Updated User: {Name:ann Rpm:6 Tpm:0}"),
        ("/UpdateUser", #"{"name":"bert"}"#, 404, "User: bert does not exist"),
        ("/DeleteUser", #"{"name":"ann"}"#, 200, "Deleted User: {Name:ann Rpm:6 Tpm:0}"),
        ("/DeleteUser", #"{"name":"ann"}"#, 404, "User: ann does not exist"),
      ]
      for (path, body, status, text) in steps {
        let answer = try await test.post(path, body)
        #expect(answer.status == status, "\(path) \(body)")
        #expect(answer.body == text)
        #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
      }
    }
  }

  @Test("web pages cannot use it without a token", arguments: [UserAccess.open, .token(.init("t"))])
  func webPages(access: UserAccess) async throws {
    try await Self.run(access: access) { test in
      let body = #"{"name":"ann"}"#
      let answer = try await test.client.send(
        [
          "POST /CreateUser HTTP/1.1", "host: test", "connection: close", "origin: https://example.com",
          "authorization: Bearer t", "content-length: \(body.utf8.count)",
        ], body: body)
      #expect(answer.status == (access == .open ? 403 : 200))
    }
  }

  @Test("a user's life, in JSON for later releases")
  func json() async throws {
    try await Self.run(compatibility: "latest") { test in
      let steps: [(String, String, Int, String)] = [
        ("/ReadUser", #"{"name":"ann"}"#, 404, #"{"message":"user does not exist","user":null}"#),
        (
          "/CreateUser", #"{"name":"ann","rpm":5,"tpm":70}"#, 200,
          #"{"message":"Created User: ann","user":{"name":"ann","rpm":5,"tpm":70}}"#
        ),
        (
          "/CreateUser", #"{"name":"ann"}"#, 409,
          #"{"message":"User: ann exists","user":{"name":"ann","rpm":5,"tpm":70}}"#
        ),
        (
          "/DeleteUser", #"{"name":"ann"}"#, 200,
          #"{"message":"Deleted User: ann","user":{"name":"ann","rpm":5,"tpm":70}}"#
        ),
      ]
      for (path, body, status, text) in steps {
        let answer = try await test.post(path, body)
        #expect(answer.status == status, "\(path) \(body)")
        #expect(answer.body == text)
      }
    }
  }

  @Test(
    "records that cannot be taken are refused with the member at fault",
    arguments: [
      (#"{"name":"ann","rps":1}"#, #"there is no member "rps"; a user has name, rpm and tpm"#),
      (#"{"name":1}"#, "name must be a string"), (#"{}"#, #"name the user: {"name": "ann"}"#),
      (#"{"name":"ann","rpm":1.5}"#, "rpm must be a whole number"),
      (#"{"name":"ann","tpm":-1}"#, "tpm must be from 0 to 1000000000000, not -1"),
      ("[]", "the body must be a JSON object with name, rpm and tpm"),
    ])
  func refusals(body: String, message: String) async throws {
    try await Self.run { test in
      let answer = try await test.post("/CreateUser", body)
      #expect(answer.status == 400)
      #expect(try answer.errorMessage == message)
    }
  }

  @Test("with a token only those who know it are answered")
  func token() async throws {
    try await Self.run(access: .token(.init("s3cr3t"))) { test in
      for headers in [[], ["authorization: Bearer other"], ["authorization: s3cr3t"]] {
        let answer = try await test.post("/ReadUser", #"{"name":"ann"}"#, headers: headers)
        #expect(answer.status == 401)
        #expect(try answer.errorMessage == "the users API asks for its token: authorization: Bearer TOKEN")
      }
      let answer = try await test.post("/ReadUser", #"{"name":"ann"}"#, headers: ["authorization: Bearer s3cr3t"])
      #expect(answer.status == 404)
    }
  }

  @Test("without a token nobody is answered beyond the loopback addresses")
  func closed() async throws {
    try await Self.run(access: .closed) { test in
      let answer = try await test.post("/CreateUser", #"{"name":"ann"}"#)
      #expect(answer.status == 403)
      #expect(try answer.errorCode == "FORBIDDEN")
    }
  }

  @Test("a router that keeps no users says so")
  func noUsers() async throws {
    try await TestServer.run { test in
      let answer = try await test.post("/ReadUser", #"{"name":"ann"}"#)
      #expect(answer.status == 404)
      #expect(try answer.errorCode == "NO_USERS")
    }
  }
}
