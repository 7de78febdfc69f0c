import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import EngineClient

@Suite("Calls to engines") struct EngineCallTests {
  /// How a call ended, and the bytes that were held for it.
  private struct End: Sendable {
    var result: Result<EngineCall.Answer, EngineCall.Failure>
    var held: Int
  }

  /// - Parameters:
  ///   - room: bytes that may be held; nil throws the answer away.
  private func end(_ server: PageServer, limit: Int = 1_000, room: Int?) async throws -> End {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: End.self)
    let port = server.port
    loop.execute {
      var held = 0
      let answer = room.map { room in
        EngineCall.AnswerBody.kept(
          limit: limit,
          hold: { count in
            guard held + count <= room else { return false }
            held += count
            return true
          })
      }
      let request = EngineCall.Request(
        host: "127.0.0.1", port: port, usesTLS: false, path: "/v1/completions", headers: [("x-own", "kept")],
        body: ByteBuffer(string: "{}"), connectTimeout: .seconds(5), timeout: .seconds(5),
        answer: answer ?? .thrownAway)
      _ = EngineCall(
        request, on: loop, tls: EngineTLS(trustFile: nil), onSent: {},
        onEnd: { promise.succeed(End(result: $0, held: held)) })
    }
    return try await promise.futureResult.get()
  }

  @Test("an answer is kept as far as there is room for it")
  func kept() async throws {
    let server = try await PageServer()
    server.serve("/v1/completions", PageServer.Page(status: .badRequest, text: "too long"))
    let whole = try await end(server, room: 8)
    #expect(try whole.result.get().status == 400 && String(buffer: whole.result.get().body) == "too long")
    #expect(whole.held == 8)
    let small = try await end(server, room: 7)
    #expect(throws: EngineCall.Failure.noRoom) { try small.result.get() }
    #expect(small.held == 0)
    let limited = try await end(server, limit: 7, room: 8)
    #expect(throws: EngineCall.Failure.bodyTooLarge(limit: 7)) { try limited.result.get() }
    #expect(limited.held == 0)
    try await server.stop()
  }

  @Test("an answer that nobody wants is read to its end, and not kept")
  func thrownAway() async throws {
    let server = try await PageServer()
    server.serve("/v1/completions", "words")
    let end = try await end(server, room: nil)
    #expect(try end.result.get().status == 200 && end.result.get().body.readableBytes == 0)
    try await server.stop()
  }
}
