import Gateway
import Testing
import Users

@testable import ExtProc

@Suite("Users behind Envoy") struct UserTests {
  private static let user = [("user", "ann")]
  private static let answer = #"{"model":"alpha","usage":{"prompt_tokens":30,"completion_tokens":12}}"#

  private static func limits(rpm: Int = 0, tpm: Int = 0) throws -> TrafficLimits {
    TrafficLimits(users: UserLedger([UserAccount(try User(name: "ann", rpm: rpm, tpm: tpm))])) { 100 }
  }

  @Test(
    "a request over the limit is refused by its head, in AIBrix's words",
    arguments: [ProcessorRole.replica, .both])
  func requests(role: ProcessorRole) throws {
    let envoy = try Envoy(role: role, limits: Self.limits(rpm: 1))
    #expect(envoy.requestHeaders(Self.user).first?.part == 1)
    envoy.next()
    let reply = try #require(envoy.requestHeaders(Self.user).first)
    #expect(reply.status == 429)
    #expect(
      reply.body
        == #"{"error":{"message":"user: ann has exceeded RPM: 1","type":"rate_limit_error","code":429,"param":null}}"#)
    #expect(reply.set["x-error-rpm-exceeded"] == "true")
    #expect(reply.set["retry-after"] == "20")
    envoy.next()
    #expect(envoy.requestHeaders().first?.status == 0)
  }

  @Test("the part that picks no replica leaves users to the one that does")
  func model() throws {
    let envoy = try Envoy(role: .model, limits: Self.limits(rpm: 1))
    for _ in 0..<3 {
      #expect(envoy.requestHeaders(Self.user).first?.status == 0)
      envoy.next()
    }
  }

  @Test("of several users that a request names the first is counted, as by the gateway")
  func severalNames() throws {
    let envoy = try Envoy(limits: Self.limits(rpm: 1))
    #expect(envoy.requestHeaders([("user", "ann"), ("user", "bert")]).first?.status == 0)
    envoy.next()
    #expect(envoy.requestHeaders([("user", "ann"), ("user", "bert")]).first?.set["x-error-rpm-exceeded"] == "true")
  }

  @Test("tokens are charged when the answer is over, and told")
  func tokens() throws {
    let envoy = try Envoy(role: .replica, limits: Self.limits(tpm: 42))
    _ = envoy.requestHeaders(Self.user)
    _ = envoy.requestBody(RequestTests.body)
    #expect(envoy.responseHeaders().first?.set["x-update-rpm"] == "1")
    #expect(envoy.responseBody(Self.answer).first?.set["x-update-tpm"] == "42")
    envoy.next()
    let reply = try #require(envoy.requestHeaders(Self.user).first)
    #expect(reply.status == 429)
    #expect(reply.set["x-error-tpm-exceeded"] == "true")
  }

  @Test("a stream's tokens are charged, also when Envoy does not show its end")
  func streams() throws {
    let envoy = try Envoy(role: .replica, limits: Self.limits(tpm: 42))
    _ = envoy.requestHeaders(Self.user)
    _ = envoy.requestBody(
      #"{"model":"alpha","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}"#
    )
    _ = envoy.responseHeaders(200, [("content-type", "text/event-stream")])
    _ = envoy.responseBody("data: \(Self.answer)\n\n", isLast: false)
    envoy.session.close()
    envoy.next()
    #expect(envoy.requestHeaders(Self.user).first?.status == 429)
  }

  @Test("a stream that its client leaves is charged its prompt by guess and a token for each event, once")
  func leftStream() throws {
    // 40 bytes of prompt and 4 of what stands around it are 11 tokens.
    for (limit, status) in [(13, 429), (14, 0)] {
      let envoy = try Envoy(role: .both, limits: Self.limits(tpm: limit))
      _ = envoy.requestHeaders(Self.user)
      let prompt = String(repeating: "word", count: 10)
      _ = envoy.requestBody(
        #"{"model":"alpha","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"\#(prompt)"}]}"#
      )
      _ = envoy.responseHeaders(200, [("content-type", "text/event-stream")])
      _ = envoy.responseBody("data: {}\n\ndata: {}\n\n", isLast: false)
      envoy.session.close()
      envoy.session.close()
      envoy.next()
      #expect(envoy.requestHeaders(Self.user).first?.status == status)
    }
  }

  @Test("an answer that is refused midway is charged what came of it")
  func refusedMidway() throws {
    let envoy = try Envoy(role: .replica, limits: Self.limits(tpm: 42))
    _ = envoy.requestHeaders(Self.user)
    _ = envoy.requestBody(RequestTests.body)
    _ = envoy.responseHeaders()
    _ = envoy.responseBody(Self.answer, isLast: false)
    envoy.session.receiveTooLong()
    envoy.session.close()
    envoy.next()
    #expect(envoy.requestHeaders(Self.user).first?.status == 429)
  }

  @Test("an error is charged no tokens")
  func errors() throws {
    let envoy = try Envoy(role: .replica, limits: Self.limits(tpm: 1))
    _ = envoy.requestHeaders(Self.user)
    _ = envoy.requestBody(RequestTests.body)
    _ = envoy.responseHeaders(500)
    _ = envoy.responseBody(Self.answer)
    envoy.next()
    #expect(envoy.requestHeaders(Self.user).first?.status == 0)
  }

  @Test("a stream that would not tell its tokens is refused")
  func streamWithoutUsage() throws {
    let envoy = try Envoy(role: .replica, limits: Self.limits())
    _ = envoy.requestHeaders(Self.user)
    let reply = try #require(
      envoy.requestBody(#"{"model":"alpha","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#).first)
    #expect(reply.status == 400)
    #expect(reply.set["x-error-no-stream-options-include-usage"] == "true")
  }

  @Test("a model takes as many requests a second as it may")
  func rate() throws {
    let envoy = try Envoy(role: .replica, limits: Self.limits(), requestsPerSecond: 1)
    _ = envoy.requestHeaders()
    #expect(envoy.requestBody(RequestTests.body).first?.status == 0)
    envoy.next()
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(RequestTests.body).first)
    #expect(reply.status == 429)
    #expect(
      reply.body
        == #"{"error":{"message":"model: alpha has exceeded RPS: 1","type":"rate_limit_error","code":429,"param":null}}"#
    )
    #expect(reply.set["x-error-model-rps-exceeded"] == "true")
    #expect(
      envoy.scope.context.metrics.registry.exposition().contains(
        #"switchyard_limit_refusals_total{limit="rps_exceeded"} 1"#))
    #expect(reply.set["retry-after"] == "1")
  }
}
