import EnvoyWire
import Fleet
import Testing

@testable import ExtProc

@Suite("Requests behind Envoy") struct RequestTests {
  static let body = #"{"model":"alpha","messages":[{"role":"user","content":"hi"}],"x":1}"#
  static let changed = #"{"model":"org/alpha","messages":[{"role":"user","content":"hi"}],"x":1}"#

  @Test("a buffered body is changed, its length is right, and the route is chosen anew")
  func buffered() throws {
    let envoy = try Envoy()
    #expect(envoy.requestHeaders() == [.init(part: 1)])
    #expect(envoy.inFlight == 0)
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.part == 3)
    #expect(reply.body == Self.changed)
    #expect(reply.set["content-length"] == "\(Self.changed.utf8.count)")
    #expect(reply.set["x-selected-model"] == "alpha")
    let target = try #require(reply.set["target-pod"])
    #expect(["10.0.0.1:8000", "10.0.0.2:8000"].contains(target))
    #expect(reply.set["x-gateway-destination-endpoint"] == target)
    #expect(reply.clearsRouteCache)
    #expect(envoy.inFlight == 1)
    envoy.session.close()
    envoy.session.close()
    #expect(envoy.inFlight == 0)
    #expect(envoy.scope.context.load.requests == 0)
  }

  @Test("a full duplex body holds the headers back, and comes out as one piece")
  func fullDuplex() throws {
    let envoy = try Envoy()
    #expect(envoy.requestHeaders(request: .fullDuplexStreamed) == [])
    #expect(envoy.requestBody(String(Self.body.prefix(10)), isLast: false) == [])
    let replies = envoy.requestBody(String(Self.body.dropFirst(10)))
    #expect(replies.map(\.part) == [1, 3])
    #expect(replies[0].set["content-length"] == nil)
    #expect(replies[0].clearsRouteCache)
    #expect(replies[1].body == Self.changed)
    #expect(replies[1].isPiece)
    #expect(replies[1].isLast)
  }

  @Test("a full duplex body that trailers end is not ended before them")
  func trailers() throws {
    let envoy = try Envoy()
    _ = envoy.requestHeaders(request: .fullDuplexStreamed)
    #expect(envoy.requestBody(Self.body, isLast: false) == [])
    let replies = envoy.requestTrailers()
    #expect(replies.map(\.part) == [1, 3, 5])
    #expect(!replies[1].isLast)
  }

  @Test("a streamed body asks to be buffered; in pieces all the same, it goes out with its last")
  func streamed() throws {
    let envoy = try Envoy()
    let head = try #require(envoy.requestHeaders([("content-length", "9")], request: .streamed).first)
    #expect(head.modes == [2, 2])
    #expect(head.removed == ["content-length"])
    let first = envoy.requestBody(String(Self.body.prefix(10)), isLast: false)
    #expect(first.map(\.isCleared) == [true])
    let last = try #require(envoy.requestBody(String(Self.body.dropFirst(10))).first)
    #expect(last.body == Self.changed)
    #expect(last.set["content-length"] == nil)
  }

  @Test("a streamed body that does not wait for the headers gets their reply first")
  func streamedWithoutWaiting() throws {
    let envoy = try Envoy()
    #expect(envoy.requestHeaders(request: .streamed, withoutWaiting: true) == [])
    #expect(envoy.requestBody(String(Self.body.prefix(10)), isLast: false) == [])
    let replies = envoy.requestBody(String(Self.body.dropFirst(10)))
    #expect(replies.map(\.part) == [1, 3, 3])
    #expect(replies[0].set["target-pod"] != nil)
    #expect(replies[1].isCleared)
    #expect(replies[2].body == Self.changed)
  }

  @Test("a partial body is refused, since its end is not seen")
  func partial() throws {
    let envoy = try Envoy()
    _ = envoy.requestHeaders(request: .bufferedPartial)
    #expect(envoy.requestBody("{", isLast: false).map(\.status) == [413])
  }

  @Test("a body over the limit is a 413, declared or not, and holds nothing")
  func tooLarge() throws {
    let envoy = try Envoy(bodyLimit: 100)
    #expect(envoy.requestHeaders([("content-length", "101")]).map(\.status) == [413])
    let other = try Envoy(bodyLimit: 100)
    _ = other.requestHeaders(request: .fullDuplexStreamed)
    #expect(other.requestBody(String(repeating: " ", count: 60), isLast: false) == [])
    #expect(other.requestBody(String(repeating: " ", count: 60), isLast: false).map(\.status) == [413])
    #expect(other.scope.context.load.bytes == 0)
    #expect(other.requestBody("late") == [])
    other.session.close()
    #expect(other.scope.context.load.requests == 0)
  }

  @Test("errors have the semantic router's shape with an honest status")
  func errors() throws {
    let envoy = try Envoy()
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(#"{"model":"nobody","messages":[]}"#).first)
    #expect(reply.part == 7)
    #expect(reply.status == 400)
    #expect(reply.set["x-vsr-response-path"] == "error")
    #expect(reply.set["content-type"] == "application/json")
    #expect(reply.body?.hasSuffix(#""type":"invalid_request_error","param":"model","code":400}}"#) ?? false)
  }

  @Test("a message that cannot be read is a 500, not a silence")
  func malformed() throws {
    let envoy = try Envoy()
    #expect(envoy.raw([0x12, 0x7F]).map(\.status) == [500])
    #expect(try Envoy().raw([]).map(\.status) == [500])
    let twice = try Envoy()
    _ = twice.requestHeaders()
    #expect(twice.requestHeaders().map(\.status) == [500])
  }

  @Test("what a client says of its replica and to the router goes")
  func unwanted() throws {
    let envoy = try Envoy()
    let fields = [
      ("target-pod", "1.2.3.4:5"), ("x-gateway-destination-endpoint", "1.2.3.4:5"), ("x-vsr-debug", "true"), ("a", "b"),
    ]
    let head = try #require(envoy.requestHeaders(fields).first)
    #expect(head.removed == ["target-pod", "x-gateway-destination-endpoint", "x-vsr-debug"])
    let other = try #require(try Envoy().requestHeaders(fields, path: "/health", method: "GET").first)
    #expect(other.removed.contains("target-pod"))
    #expect(other.clearsRouteCache)
    #expect(other.modes == [0, 0])
  }

  @Test("only the model is decided where another picks the replica; the route stays if its field does")
  func modelOnly() throws {
    let envoy = try Envoy(role: .model)
    _ = envoy.requestHeaders([("x-selected-model", "alpha")])
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.set["x-selected-model"] == "alpha")
    #expect(reply.set["target-pod"] == nil)
    #expect(!reply.clearsRouteCache)
    #expect(envoy.inFlight == 0)
    let other = try Envoy(role: .model)
    _ = other.requestHeaders()
    #expect(other.requestBody(Self.body).first?.clearsRouteCache == true)
  }

  @Test("only the replica is picked, as AIBrix's plugin does it")
  func replicaOnly() throws {
    let envoy = try Envoy(role: .replica)
    _ = envoy.requestHeaders([("routing-strategy", "prefix-cache"), ("x-request-id", "mine")])
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.set["model"] == "alpha")
    #expect(reply.set["routing-strategy"] == "least-request")
    #expect(reply.set["x-request-id"] == "mine")
    #expect(reply.set["x-selected-model"] == nil)
    let answer = try #require(envoy.responseHeaders().first)
    #expect(answer.set["target-pod"] == reply.set["target-pod"])
    #expect(answer.set["x-went-into-req-headers"] == "true")
    #expect(answer.set["x-vsr-selected-model"] == nil)
  }

  @Test("a strategy that is asked for decides and is told; a session comes back; a bad one is refused")
  func strategies() throws {
    let envoy = try Envoy()
    _ = envoy.requestHeaders([("routing-strategy", "session-affinity"), ("x-aibrix-session-key", "mine")])
    _ = envoy.requestBody(Self.body)
    let answer = try #require(envoy.responseHeaders().first)
    #expect(answer.set["routing-strategy"] == "session-affinity")
    let session = try #require(answer.set["x-session-id"])
    let target = try #require(answer.set["target-pod"])
    for _ in 0..<4 {
      let next = try Envoy()
      _ = next.requestHeaders([("routing-strategy", "session-affinity"), ("x-session-id", session)])
      #expect(next.requestBody(Self.body).first?.set["target-pod"] == target)
    }
    let plain = try Envoy()
    _ = plain.requestHeaders()
    _ = plain.requestBody(Self.body)
    #expect(plain.responseHeaders().first?.set["routing-strategy"] == nil)
    let bad = try Envoy()
    _ = bad.requestHeaders([("routing-strategy", "least-requets")])
    let refusal = try #require(bad.requestBody(Self.body).first)
    #expect(refusal.status == 400)
    #expect(refusal.body?.contains("did you mean least-request?") == true)
    #expect(bad.inFlight == 0)
  }

  @Test("labels leave replicas out, where a strategy is asked for", arguments: [ProcessorRole.both, .replica])
  func filter(role: ProcessorRole) throws {
    func target(_ selector: String, strategy: String = "random") throws -> String? {
      let envoy = try Envoy(role: role, replicaCount: 3) {
        Placement(replica: $0, upstreamModel: "alpha", labels: ReplicaLabels(["zone": $0.id == 1 ? "b" : "a"]))
      }
      _ = envoy.requestHeaders([("routing-strategy", strategy), ("external-filter", selector)])
      return envoy.requestBody(Self.body).first?.set["target-pod"]
    }
    for _ in 0..<8 {
      #expect(try target("zone=b") == "10.0.0.2:8000")
      #expect(try target("zone notin (b)") != "10.0.0.2:8000")
    }
    #expect(try target("zone=c") == nil)
    #expect(try target("zone=c", strategy: "") != nil)
  }

  @Test("the replica is picked by a header where no body comes")
  func headersOnly() throws {
    let envoy = try Envoy(role: .replica)
    let reply = try #require(envoy.requestHeaders([("x-selected-model", "alpha")], request: .none).first)
    #expect(reply.part == 1)
    #expect(reply.set["target-pod"] != nil)
    #expect(envoy.inFlight == 1)
    #expect(try Envoy().requestHeaders(request: .none).first?.modes == [2, 2])
  }

  @Test("AIBrix's errors carry their marks")
  func replicaErrors() throws {
    let envoy = try Envoy(role: .replica)
    #expect(
      envoy.requestHeaders([("routing-strategy", "best")]).first?.set["x-error-invalid-routing-strategy"] == "best")
    let unknown = try Envoy(role: .replica)
    _ = unknown.requestHeaders()
    let reply = try #require(unknown.requestBody(#"{"model":"MoM","messages":[]}"#).first)
    #expect(reply.status == 400)
    #expect(reply.set["x-error-no-model-backends"] == "MoM")
    #expect(try Envoy(role: .replica).requestHeaders(path: "/v1/what").map(\.status) == [501])
  }

  /// A row of AIBrix's table of errors.
  struct ErrorRow: Sendable, CustomTestStringConvertible {
    var name: String
    var path = "/v1/chat/completions"
    var fields: [String: String] = [:]
    var body = RequestTests.body
    /// How all replicas are.
    var replicas = Replicas.ready
    var status: Int
    var mark: String
    var value = "true"
    var message: String?
    var testDescription: String { name }

    enum Replicas { case ready, full, failing }

    static let all = [
      ErrorRow(
        name: "unknown path", path: "/v1/what", status: 501, mark: "x-error-request-body-processing",
        message: "unknown request path"),
      ErrorRow(name: "malformed JSON", body: #"{"model":"#, status: 400, mark: "x-error-request-body-processing"),
      ErrorRow(
        name: "malformed JSON of completions", path: "/v1/completions", body: "[", status: 400,
        mark: "x-error-request-body-processing"),
      ErrorRow(
        name: "no messages", body: #"{"model":"alpha"}"#, status: 400, mark: "x-error-request-body-processing"),
      ErrorRow(
        name: "an empty list of messages", body: #"{"model":"alpha","messages":[ ]}"#, status: 400,
        mark: "x-error-request-body-processing", message: "no messages in the request body"),
      ErrorRow(
        name: "a stream that is no Boolean", body: #"{"model":"alpha","messages":[{"role":"user"}],"stream":"true"}"#,
        status: 400, mark: "x-error-stream", message: "stream incorrectly set"),
      ErrorRow(
        name: "audio as JSON", path: "/v1/audio/transcriptions", fields: ["content-type": "application/json"],
        body: #"{"model":"alpha"}"#, status: 400, mark: "x-error-request-body-processing",
        message: "audio requests must use multipart/form-data content-type"),
      ErrorRow(name: "no model", body: #"{"messages":[]}"#, status: 400, mark: "x-error-no-model-in-request"),
      ErrorRow(
        name: "unknown model", body: #"{"model":"beta","messages":[]}"#, status: 400, mark: "x-error-no-model-backends",
        value: "beta", message: "model beta does not exist"),
      ErrorRow(
        name: "no replica", replicas: .failing, status: 503, mark: "x-error-no-model-backends",
        message: "error on getting pods for model alpha"),
      ErrorRow(
        name: "no room", replicas: .full, status: 503, mark: "x-error-routing", message: "error on selecting target pod"
      ),
      ErrorRow(
        name: "bad strategy", fields: ["routing-strategy": "best"], status: 400,
        mark: "x-error-invalid-routing-strategy", value: "best", message: "incorrect routing strategy"),
      ErrorRow(
        name: "a filter that leaves none", fields: ["routing-strategy": "random", "external-filter": "zone=a"],
        status: 503, mark: "x-error-routing", message: "error on selecting target pod"),
      ErrorRow(
        name: "bad filter", fields: ["routing-strategy": "random", "external-filter": "zone=a,"], status: 400,
        mark: "x-error-routing"),
    ]
  }

  @Test("the replica-only role's errors have AIBrix's statuses and marks, and all four keys", arguments: ErrorRow.all)
  func errorTable(row: ErrorRow) throws {
    let envoy = try Envoy(role: .replica, requestLimit: row.replicas == .full ? 0 : .max)
    if row.replicas == .failing {
      for replica in envoy.replicas { replica.health.handle(.probeFailed(reason: "test"), now: 1) }
    }
    var replies = envoy.requestHeaders(row.fields.map { ($0.key, $0.value) }, path: row.path)
    if replies.allSatisfy({ $0.status == 0 }) { replies = envoy.requestBody(row.body) }
    let reply = try #require(replies.first { $0.part == 7 })
    #expect(reply.status == row.status)
    #expect(reply.set[row.mark] == row.value)
    #expect(reply.set["content-type"] == "application/json")
    let body = try #require(reply.body)
    for key in [#"{"error":{"message":""#, #","type":""#, #","param":"#, #","code":"#] { #expect(body.contains(key)) }
    if let message = row.message { #expect(body.hasPrefix(#"{"error":{"message":"\#(message)","#)) }
    #expect(envoy.inFlight == 0)
  }

  @Test("replicas at their limit are a 503 that says when to come back")
  func full() throws {
    let envoy = try Envoy(requestLimit: 0)
    _ = envoy.requestHeaders()
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.status == 503)
    #expect(reply.set["retry-after"] == "1")
    envoy.session.close()
    #expect(envoy.scope.context.load.requests == 0)
  }

  @Test(
    "other paths and methods are answered or let go",
    arguments: [
      ("/v1/nothing", "POST", 404), ("/v1/chat/completions", "GET", 405), ("/v1/models", "POST", 405),
      ("/v1/models", "GET", 200),
    ])
  func endpoints(_ path: String, _ method: String, _ status: Int) throws {
    #expect(try Envoy().requestHeaders(path: path, method: method).map(\.status) == [status])
  }

  @Test("a request that is passed through gets a replica by the model that it names")
  func passedThrough() throws {
    let envoy = try Envoy()
    _ = envoy.requestHeaders(path: "/v1/rerank")
    let reply = try #require(envoy.requestBody(#"{"model":"alpha","query":"a"}"#).first)
    #expect(reply.body == #"{"model":"org/alpha","query":"a"}"#)
    #expect(reply.set["target-pod"] != nil)
  }

  @Test("where the backend's credential has another field, the client's authorization does not go to it")
  func credential() throws {
    var lines = HeaderLines()
    lines.append(name: "X-API-Key", value: "of-the-backend", isCredential: true)
    let envoy = try Envoy(headerLines: lines)
    _ = envoy.requestHeaders([("authorization", "Bearer of-the-client")])
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.removed == ["authorization"])
    #expect(reply.set["x-api-key"] == "of-the-backend")
    #expect(reply.set["authorization"] == nil)
  }

  @Test("the backend's authorization takes the place of the client's")
  func authorization() throws {
    var lines = HeaderLines()
    lines.append(name: "Authorization", value: "Bearer of-the-backend", isCredential: true)
    let envoy = try Envoy(headerLines: lines)
    _ = envoy.requestHeaders([("authorization", "Bearer of-the-client")])
    let reply = try #require(envoy.requestBody(Self.body).first)
    #expect(reply.removed == [])
    #expect(reply.set["authorization"] == "Bearer of-the-backend")
    let plain = try Envoy()
    _ = plain.requestHeaders([("authorization", "Bearer of-the-client")])
    #expect(plain.requestBody(Self.body).first?.removed == [])
  }

  @Test("an upload whose model the query names is passed on piece by piece", arguments: [false, true])
  func uploads(_ hasQuery: Bool) throws {
    let envoy = try Envoy()
    let head = try #require(
      envoy.requestHeaders(path: "/v1/files" + (hasQuery ? "?model=alpha" : ""), request: .fullDuplexStreamed).first)
    #expect(head.part == 1)
    #expect(head.set["target-pod"] != nil)
    #expect(envoy.requestBody("ab", isLast: false) == [.init(part: 3, body: "ab", isPiece: true)])
    #expect(envoy.requestBody("c") == [.init(part: 3, body: "c", isPiece: true, isLast: true)])
    #expect(envoy.requestTrailers() == [.init(part: 5)])
  }

  @Test(
    "an upload that passes by is a 413 when it is over its limit, not that of bodies that are read",
    arguments: [ProcessorRole.both, .replica, .model], [BodyMode.fullDuplexStreamed, .streamed])
  func uploadLimit(role: ProcessorRole, mode: BodyMode) throws {
    let envoy = try Envoy(role: role, bodyLimit: 4, uploadLimit: 10)
    #expect(envoy.requestHeaders([("content-length", "10")], path: "/v1/files?model=alpha", request: mode).count == 1)
    #expect(envoy.requestBody("12345", isLast: false).map(\.part) == [3])
    #expect(envoy.requestBody("67890", isLast: false).map(\.part) == [3])
    let refusal = try #require(envoy.requestBody("1", isLast: false).first)
    #expect(refusal.part == 7)
    #expect(refusal.status == 413)
    #expect(refusal.body?.contains("10 bytes (global.gateway.upload_limit)") ?? false)
    #expect(envoy.requestBody("2").isEmpty)
    envoy.session.close()
    #expect(envoy.inFlight == 0)
    #expect(envoy.scope.context.load.requests == 0)
    envoy.next()
    let long = envoy.requestHeaders([("content-length", "11")], path: "/v1/files?model=alpha", request: mode)
    #expect(long.map(\.status) == [413])
  }

  @Test("a body behind a head that ended its stream is passed on all the same")
  func lateBody() throws {
    let envoy = try Envoy()
    let head = envoy.requestHeaders(path: "/v1/rerank", request: .fullDuplexStreamed, isLast: true)
    #expect(head.map(\.part) == [1])
    #expect(envoy.requestBody("ab") == [.init(part: 3, body: "ab", isPiece: true, isLast: true)])
  }

  @Test(
    "the engine gets the path in its canonical spelling, behind the backend's prefix",
    arguments: [
      ("/v1/chat/completions", "", nil, nil), ("/v1/chat/completions/", "", nil, "/v1/chat/completions"),
      ("/v1/chat/completions//?a=1", "", nil, "/v1/chat/completions?a=1"),
      ("/v1/chat/completions?a=1", "/openai", nil, "/openai/v1/chat/completions?a=1"),
      ("/v1/chat/completions?a=1", "/openai", "/chat?v=2", "/chat?v=2"),
      ("/v1/embeddings?a=1", "", "/chat?v=2", nil),
    ] as [(String, String, String?, String?)])
  func paths(_ path: String, _ prefix: String, _ chatPath: String?, _ expected: String?) throws {
    let envoy = try Envoy(pathPrefix: prefix, chatPath: chatPath)
    _ = envoy.requestHeaders(path: path)
    let reply = try #require(
      envoy.requestBody(#"{"model":"alpha","messages":[{"role":"user","content":"hi"}],"input":"a"}"#).first)
    #expect(reply.set["target-pod"] != nil)
    #expect(reply.set[":path"] == expected)
  }

  @Test("a model's name is cut to 128 bytes in a field, between characters")
  func longName() throws {
    let envoy = try Envoy(role: .replica)
    _ = envoy.requestHeaders()
    let name = String(repeating: "n", count: 127) + "é" + String(repeating: "n", count: 100)
    let reply = try #require(envoy.requestBody(#"{"model":"\#(name)","messages":[]}"#).first)
    #expect(reply.set["x-error-no-model-backends"] == String(repeating: "n", count: 127))
  }

  @Test("nothing follows a reply in the engine's place, whatever happens to the stream")
  func afterTheEnd() throws {
    let envoy = try Envoy()
    #expect(envoy.requestHeaders(path: "/v1/nothing").map(\.status) == [404])
    envoy.session.receiveTooLong()
    envoy.session.receiveWithoutRoom()
    #expect(envoy.session.takeOutput() == [])
    #expect(envoy.scope.metrics.shed(status: 503).value == 0)
  }
}
