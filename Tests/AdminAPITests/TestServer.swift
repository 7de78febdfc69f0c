import Balancing
import Foundation
import NIOCore
import NIOPosix
import Pipeline
import Reading
import RouterConfig
import Testing
import UserStore

@testable import AdminAPI

/// The management API on a loopback port that the kernel chose, over a small document.
struct TestServer {
  let server: AdminServer
  let client: TestClient

  static func run(
    _ document: String = document, classifier: any TextClassifier = FixedClassifier.math,
    models: ReadingModels? = nil,
    readiness: AdminReadiness = .ready, limits: AdminLimits = .patient, port: Int = 0,
    users: UserStore? = nil, userAccess: UserAccess = .open,
    _ body: (TestServer) async throws -> Void
  ) async throws {
    let loaded = try ConfigurationLoader(environment: ["SECRET_KEY": "s3cr3t"])
      .load(Array(document.utf8), file: "test.yaml").document
    let snapshot = try RoutingSnapshot(
      document: loaded, fleet: StaticFleet.build(loaded).fleet, models: models ?? ReadingModels(domain: classifier),
      balancers: BalancerDirectory(maximumBlocks: 1_000), generation: 1)
    let context = AdminContext(
      snapshot: { snapshot }, pipeline: RoutePipeline(cache: nil) { 0 },
      metrics: { "# TYPE requests counter\nrequests 7\n" }, readiness: { readiness }, users: users,
      userAccess: userAccess, wallClock: { 1_769_850_300 },
      clock: { 0 })
    let group = MultiThreadedEventLoopGroup.singleton
    let server = try await AdminServer.start(
      host: "127.0.0.1", port: port, group: group, context: context, limits: limits)
    do {
      try await body(TestServer(server: server, client: TestClient(port: server.port, group: group)))
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  func get(_ target: String, headers: [String] = []) async throws -> TestAnswer {
    try await client.send(["GET \(target) HTTP/1.1", "host: test", "connection: close"] + headers, body: "")
  }

  func post(_ target: String, _ body: String, headers: [String] = []) async throws -> TestAnswer {
    try await client.send(
      [
        "POST \(target) HTTP/1.1", "host: test", "connection: close", "content-type: application/json",
        "content-length: \(body.utf8.count)",
      ] + headers, body: body)
  }

  static let document = """
    version: v0.3
    providers:
      defaults:
        default_model: llama
        reasoning_families:
          qwen3: {type: chat_template_kwargs, parameter: enable_thinking}
      models:
        - name: llama
          reasoning_family: qwen3
          backend_refs:
            - {name: one, endpoint: "127.0.0.1:8001", api_key_env: SECRET_KEY}
    routing:
      signals:
        keywords:
          - {name: thinking, operator: OR, keywords: [urgent, think]}
        domains:
          - {name: math, mmlu_categories: [math]}
          - {name: law, mmlu_categories: [law]}
      decisions:
        - name: math_decision
          priority: 10
          rules: {operator: OR, conditions: [{type: domain, name: math}]}
          modelRefs: [{model: llama, use_reasoning: true}]
          plugins:
            - type: system_prompt
              configuration: {mode: replace, system_prompt: You are a mathematics expert.}
        - name: thinking_decision
          priority: 15
          rules: {operator: OR, conditions: [{type: keyword, name: thinking}]}
          modelRefs: [{model: llama, use_reasoning: false}]
    """
}

extension AdminLimits {
  /// No test fails for its time, however busy the machine is.
  static let patient = AdminLimits(idleTime: .minutes(30), requestTime: .minutes(30))
}

extension AdminReadiness {
  static let ready = AdminReadiness(
    isReady: true, phase: "ready", message: "requests are routed", readyModels: 1, totalModels: 1,
    updatedAt: 1_769_850_000)
}

/// A classifier that always says the same.
struct FixedClassifier: TextClassifier {
  static let math = FixedClassifier(.success([.math: 0.93, .law: 0.02, .other: 0.05]))
  let name = "fixed"
  let labels = DomainLabel.allCases.map(\.rawValue)
  private let answer: Result<TextClassification, ClassifierError>

  init(_ answer: Result<[DomainLabel: Float], ClassifierError>) {
    self.answer = answer.map { probabilities in
      TextClassification(probabilities: DomainLabel.allCases.map { probabilities[$0] ?? 0 })
    }
  }

  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    answer
  }
}

/// One answer, its head taken apart.
struct TestAnswer {
  var status: Int
  var headers: [String: String]
  var body: String

  init(_ text: String) throws {
    let end = try #require(text.firstRange(of: "\r\n\r\n"))
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    headers = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    body = String(text[end.upperBound...])
  }

  var json: NSDictionary {
    get throws { try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? NSDictionary) }
  }

  /// The code of an error answer.
  var errorCode: String? {
    get throws { (try json["error"] as? NSDictionary)?["code"] as? String }
  }

  var errorMessage: String? {
    get throws { (try json["error"] as? NSDictionary)?["message"] as? String }
  }
}

/// Sends bytes on a connection of its own and gives what comes back until the server closes it.
struct TestClient {
  let port: Int
  let group: MultiThreadedEventLoopGroup

  func send(_ head: [String], body: String) async throws -> TestAnswer {
    try TestAnswer(await exchange(head.joined(separator: "\r\n") + "\r\n\r\n" + body))
  }

  func exchange(_ text: String) async throws -> String {
    let end = group.next().makePromise(of: String.self)
    do {
      let channel = try await ClientBootstrap(group: end.futureResult.eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(end)) }
        }
        .connect(host: "127.0.0.1", port: port).get()
      channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    } catch {
      end.fail(error)
    }
    return try await end.futureResult.get()
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let end: EventLoopPromise<String>
    private var received = ByteBuffer()

    init(_ end: EventLoopPromise<String>) { self.end = end }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var part = unwrapInboundIn(data)
      received.writeBuffer(&part)
    }

    func channelInactive(context: ChannelHandlerContext) { end.succeed(String(buffer: received)) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
