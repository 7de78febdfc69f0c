import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import EngineSimulator

@Suite("The running engine")
struct SimulatedEngineTests {
  /// Sends bytes to a port of this machine and returns what comes until the peer closes.
  private func exchange(_ port: Int, _ request: String) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: request))
      var text = ""
      for try await part in inbound { text += String(buffer: part) }
      return text
    }
  }

  @Test("it serves on a port of the kernel's choice and tells it in its headers")
  func serves() async throws {
    var options = EngineSimulatorOptions(model: "demo")
    options.host = "127.0.0.1"
    options.port = 0
    options.mode = .echo
    let engine = try await SimulatedEngine.start(options)
    let port = try #require(engine.ports.first)
    let chunked = "12\r\n{\"model\":\"demo\",\"p\r\nD\r\nrompt\":\"a b\"}\r\n0\r\n\r\n"
    let answer = try await exchange(
      port,
      "POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n" + chunked)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nserver: fasthttp\r\n"))
    #expect(answer.contains("x-inference-pod: demo-\(port)\r\n"))
    #expect(answer.hasSuffix(#""choices":[{"index":0,"finish_reason":"stop","text":"a b"}]}"#))
    // Two requests in one write: the answers come in order.
    let pipelined = try await exchange(
      port,
      "GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    #expect(pipelined.contains("content-length: 0\r\n\r\nHTTP/1.1 200 OK"))
    #expect(pipelined.hasSuffix("}]}"))
    let malformed = try await exchange(port, "NONSENSE\r\n\r\n")
    #expect(malformed.hasPrefix("HTTP/1.1 400"))
    let waits = try await exchange(
      port,
      "POST /v1/completions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 29\r\nconnection: close\r\n\r\n"
        + #"{"model":"demo","prompt":"a"}"#)
    #expect(waits.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"))
    options.port = port
    do {
      _ = try await SimulatedEngine.start(options)
      Issue.record("the port was bound twice")
    } catch let error as OptionError {
      #expect(error.message == "port \(port) is in use; choose another with --port, or 0 for a free one")
    }
    await engine.stop(grace: .zero)
  }

  @Test("an address that is not this machine's is refused in plain words")
  func foreignAddress() async throws {
    var options = EngineSimulatorOptions(model: "demo")
    options.port = 0
    // A block of addresses set aside for documentation (RFC 5737).
    options.host = "192.0.2.1"
    do {
      _ = try await SimulatedEngine.start(options)
      Issue.record("a foreign address was bound")
    } catch let error as OptionError {
      #expect(
        error.message == "192.0.2.1 is not an address of this machine; give --host another, or leave it out")
    }
  }

  @Test("each data-parallel rank is an engine of its own, and stopping lets a request finish")
  func ranksAndStop() async throws {
    var options = EngineSimulatorOptions(model: "demo")
    options.host = "127.0.0.1"
    options.port = 0
    options.mode = .echo
    options.dataParallelSize = 2
    options.latency.interToken.mean = 10
    let engine = try await SimulatedEngine.start(options)
    #expect(Set(engine.ports).count == 2)
    let body = #"{"model":"demo","stream":true,"prompt":"a b c d"}"#
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: engine.ports[1]) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let text = try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(
        ByteBuffer(
          string: "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"))
      var parts = inbound.makeAsyncIterator()
      var text = ""
      // The first bytes show that the request is in progress.
      if let part = try await parts.next() { text += String(buffer: part) }
      async let stopped: Void = engine.stop(grace: .seconds(5))
      while let part = try await parts.next() { text += String(buffer: part) }
      await stopped
      return text
    }
    #expect(text.contains(#""text":"d"}]}"#))
    #expect(text.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
  }
}
