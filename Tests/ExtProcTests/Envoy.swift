import Balancing
import EngineClient
import EnvoyWire
import Fleet
import Gateway
import Pipeline
import Reading
import Reliability
import RouterConfig
import Telemetry

@testable import ExtProc

/// A session, with Envoy's side of the conversation: writes its messages and reads the replies.
final class Envoy {
  /// A reply, as Envoy understands it.
  struct Reply: Equatable {
    /// The number of its part: 1 request headers … 7 immediate.
    var part = 0
    var set: [String: String] = [:]
    var removed: [String] = []
    /// The body that takes the place of the old one, or the next piece.
    var body: String?
    var isCleared = false
    var isPiece = false
    var isLast = false
    var clearsRouteCache = false
    var endsMessage = false
    var status = 0
    /// The request's and the response's body modes of an override.
    var modes: [Int] = []
  }

  /// A clock that a test sets.
  final class Time {
    /// Nanoseconds that pass between two looks.
    var step: UInt64 = 0
    private var now: UInt64 = 1_000

    func next() -> UInt64 {
      now += step
      return now
    }
  }

  let time = Time()
  let scope: ProcessorScope
  let replicas: [Replica]
  /// What engines tell of their caches.
  let tokens: TokenBlockIndex?

  /// What the exposition tells of a metric; nil where it has none of that name and these labels.
  func metric(_ name: String) -> String? {
    let lines = scope.metrics.registry.exposition().split(separator: "\n")
    return lines.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
  }

  func answers(status: Int) -> String? { metric("switchyard_answers_total{status=\"\(status)\"}") }

  private let snapshot: (ModelPolicy) throws -> RoutingSnapshot
  private(set) var session: ProcessorSession

  init(
    role: ProcessorRole = .both, bodyLimit: Int = 64 << 20, uploadLimit: Int = 1 << 30,
    load: GatewayLoad = GatewayLoad(),
    requestLimit: Int = .max, pathPrefix: String = "", chatPath: String? = nil,
    headerLines: HeaderLines = HeaderLines(), limits: TrafficLimits = TrafficLimits(), requestsPerSecond: Int? = nil,
    balancing: String? = nil, routing: String = "{}", encoder: (any PromptEncoder)? = nil, replicaCount: Int = 2,
    policy: ModelPolicy = ModelPolicy(), adapterSources: [String: String] = [:],
    random: any RandomNumberGenerator = SystemRandomNumberGenerator(),
    placement: ((Replica) -> Placement)? = nil
  ) throws {
    var replicas: [Replica] = []
    for id in 0..<replicaCount {
      replicas.append(
        Replica(id: id, name: "replica-\(id)", host: "10.0.0.\(id + 1)", port: 8000, requestLimit: requestLimit))
    }
    let placements = replicas.map {
      placement?($0)
        ?? Placement(
          replica: $0, upstreamModel: "org/alpha", pathPrefix: pathPrefix, chatPath: chatPath,
          headerLines: headerLines)
    }
    let rate =
      (balancing ?? requestsPerSecond.map { "{requests_per_second: \($0)}" }).map { ", balancing: \($0)" } ?? ""
    let text = """
      version: v0.3
      providers:
        defaults: {default_model: alpha}
        models: [{name: alpha, backend_refs: [{name: r, endpoint: "10.0.0.1:8000"}]\(rate)}]
      routing: \(routing)
      """
    let document = try ConfigurationLoader(environment: [:]).load(Array(text.utf8), file: "test.yaml").document
    let balancers = try BalancerDirectory(maximumBlocks: 1_000)
    tokens = balancers.tokens
    let models = try ReadingModels(domain: LinearDomainClassifier.bundled(), encoder: encoder)
    snapshot = { policy in
      let model = FleetModel(
        name: "alpha", placements: placements, adapters: ["alpha-math"], adapterSources: adapterSources, policy: policy)
      return try RoutingSnapshot(
        document: document, fleet: FleetSnapshot(models: [model], replicas: replicas), models: models,
        balancers: balancers, generation: 1)
    }
    var settings = GatewaySettings()
    settings.bodyLimit = bodyLimit
    settings.uploadLimit = uploadLimit
    scope = ProcessorScope(
      settings: ExtProcSettings(role: role),
      context: GatewayContext(
        settings: settings, load: load, limits: limits, pipeline: RoutePipeline(cache: nil, clock: { 0 }),
        metrics: GatewayMetrics(registry: MetricsRegistry()), accessLog: nil, startedAt: 0,
        tls: EngineTLS(trustFile: nil)),
      snapshot: try snapshot(policy), clock: { [time] in time.next() }, random: random)
    self.replicas = replicas
    session = ProcessorSession(scope: scope)
  }

  /// The configuration is read again, with another policy.
  func reload(_ policy: ModelPolicy) throws { scope.snapshot = try snapshot(policy) }

  /// Replies that no message brought about.
  func lateReplies() -> [Reply] { Self.replies(session.takeOutput()) }

  var inFlight: Int { replicas.reduce(0) { $0 + $1.load.inFlight } }

  /// Another request, on the same scope.
  func next() { session = ProcessorSession(scope: scope) }

  // MARK: Messages

  private func send(_ content: (inout ProtobufWriter) -> Void) -> [Reply] {
    var writer = ProtobufWriter()
    content(&writer)
    writer.bytes.withUnsafeBytes { session.receive($0) }
    return Self.replies(session.takeOutput())
  }

  /// The request's head, with the modes in force.
  func requestHeaders(
    _ fields: [(String, String)] = [], path: String = "/v1/chat/completions", method: String = "POST",
    request: BodyMode = .buffered, response: BodyMode = .buffered, withoutWaiting: Bool = false, isLast: Bool = false
  ) -> [Reply] {
    send { writer in
      Self.headers(2, [(":method", method), (":path", path)] + fields, isLast: isLast, &writer)
      writer.message(11) { configuration in
        configuration.varint(1, request.rawValue)
        configuration.varint(2, response.rawValue)
        configuration.varint(3, withoutWaiting ? 1 : 0)
      }
    }
  }

  func responseHeaders(_ status: Int = 200, _ fields: [(String, String)] = [], isLast: Bool = false) -> [Reply] {
    responseHeaders(status: "\(status)", fields, isLast: isLast)
  }

  func responseHeaders(status: String, _ fields: [(String, String)], isLast: Bool = false) -> [Reply] {
    send { Self.headers(3, [(":status", status)] + fields, isLast: isLast, &$0) }
  }

  func requestBody(_ text: String, isLast: Bool = true) -> [Reply] { send { Self.body(4, text, isLast, &$0) } }
  func responseBody(_ text: String, isLast: Bool = true) -> [Reply] { send { Self.body(5, text, isLast, &$0) } }
  func requestTrailers() -> [Reply] { send { $0.message(6) { _ in } } }
  func responseTrailers() -> [Reply] { send { $0.message(7) { _ in } } }

  /// Bytes that need be no message.
  func raw(_ bytes: [UInt8]) -> [Reply] {
    bytes.withUnsafeBytes { session.receive($0) }
    return Self.replies(session.takeOutput())
  }

  private static func headers(
    _ part: Int, _ fields: [(String, String)], isLast: Bool, _ writer: inout ProtobufWriter
  ) {
    writer.message(part) { headers in
      headers.message(1) { map in
        for (name, value) in fields {
          map.message(1) { header in
            header.string(1, name)
            header.string(3, value)
          }
        }
      }
      if isLast { headers.varint(3, 1) }
    }
  }

  private static func body(_ part: Int, _ text: String, _ isLast: Bool, _ writer: inout ProtobufWriter) {
    writer.message(part) { body in
      body.string(1, text)
      if isLast { body.varint(2, 1) }
    }
  }

  // MARK: Replies

  private static func replies(_ output: [UInt8]) -> [Reply] {
    var frames = GRPCFrames(messageLimit: 1 << 30)
    var replies: [Reply] = []
    output.withUnsafeBytes { bytes in
      try? frames.append(bytes) { replies.append(reply($0)) }
    }
    return replies
  }

  private static func reply(_ bytes: UnsafeRawBufferPointer) -> Reply {
    var reply = Reply()
    for field in fields(bytes, nil) {
      guard let range = try? field.range() else { continue }
      if field.number == 9 {
        reply.modes = fields(bytes, range).filter { $0.number == 3 || $0.number == 4 }.compactMap { try? $0.integer() }
        continue
      }
      reply.part = field.number
      for field in fields(bytes, range) {
        guard let range = try? field.range() else { continue }
        if reply.part == 7 {
          switch field.number {
          case 1: reply.status = fields(bytes, range).compactMap { try? $0.integer() }.first ?? 0
          case 2: readChanges(bytes, range, &reply)
          case 3: reply.body = text(bytes, range)
          default: break
          }
        } else {
          readCommon(bytes, range, &reply)
        }
      }
    }
    return reply
  }

  private static func readCommon(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ reply: inout Reply) {
    for field in fields(bytes, range) {
      if field.number == 1 { reply.endsMessage = (try? field.integer()) == 1 }
      if field.number == 5 { reply.clearsRouteCache = (try? field.boolean()) ?? false }
      guard let range = try? field.range() else { continue }
      if field.number == 2 { readChanges(bytes, range, &reply) }
      guard field.number == 3 else { continue }
      for change in fields(bytes, range) {
        switch change.number {
        case 1: reply.body = (try? change.range()).map { text(bytes, $0) }
        case 2: reply.isCleared = true
        default:
          reply.isPiece = true
          for part in fields(bytes, (try? change.range()) ?? 0..<0) {
            if part.number == 1 { reply.body = (try? part.range()).map { text(bytes, $0) } }
            if part.number == 2 { reply.isLast = (try? part.boolean()) ?? false }
          }
        }
      }
    }
  }

  private static func readChanges(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ reply: inout Reply) {
    for field in fields(bytes, range) {
      guard let range = try? field.range() else { continue }
      guard field.number == 1 else {
        reply.removed.append(text(bytes, range))
        continue
      }
      guard let header = fields(bytes, range).first(where: { $0.number == 1 }), let range = try? header.range() else {
        continue
      }
      var name = ""
      var value = ""
      for part in fields(bytes, range) {
        guard let range = try? part.range() else { continue }
        if part.number == 1 { name = text(bytes, range) } else { value = text(bytes, range) }
      }
      reply.set[name] = value
    }
  }

  private static func fields(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>?) -> [ProtobufReader.Field] {
    var reader = ProtobufReader(bytes, range: range)
    var fields: [ProtobufReader.Field] = []
    while let field = try? reader.next() { fields.append(field) }
    return fields
  }

  private static func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }
}
