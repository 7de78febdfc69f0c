import Balancing
import ChatProtocols
import EnvoyWire
import Fleet
import Gateway
import HTTPWire
import Pipeline
import Reliability

/// One HTTP request that Envoy asks about, from its head to the end of its answer: a state machine whose events are
/// Envoy's messages and whose actions are the replies, appended to ``output``.
///
///     beginning ── request headers ──▶ collecting ── whole body ──▶ forwarded ── response headers ──▶ answering
///         └─ not a request of ours ──────────────────────────────────▶ forwarded          any ── immediate reply ──▶ ended
///
/// Each message gets the reply that its mode wants, so Envoy never waits for one. Holds at most one body, of the limit
/// that the gateway has, counted with all others in ``GatewayLoad``. No I/O, no clock; used from one loop. The caller must
/// call ``close()`` once, when the stream is over.
final class ProcessorSession {
  enum State {
    case beginning
    case collecting
    case forwarded
    case answering
    /// Replied in the engine's place, or over.
    case ended
  }

  unowned let scope: ProcessorScope
  /// Replies for Envoy, framed for gRPC; taken by ``takeOutput()``.
  private(set) var output: [UInt8] = []
  private(set) var state: State = .beginning
  private(set) var head: ProcessorHead?
  let id: RequestID
  private let startedAt: UInt64

  // How bodies come.
  private var requestMode: BodyMode = .buffered
  private var responseMode: BodyMode = .buffered
  private var sendsBodyWithoutWaiting = false
  private var isObservation = false
  /// The request is decided by its head, so the head's reply is all that routing changes; a body goes by as it comes.
  private var repliesToHeadOnly = false

  // The request.
  private var endpoint: Endpoint = .unknown
  private var body: [UInt8] = []
  private var bodyBytes = 0
  private var heldBytes = 0
  /// Pieces of the body that have no reply yet, because the headers have none.
  private var waitingPieces = 0
  private var pieces = 0
  private var hasHeadersReply = false
  private var isAdmitted = false

  // What it came to.
  private(set) var plan: RoutePlan?
  private(set) var placement: Placement?
  private var model: FleetModel?
  private var adapter: String?
  private var requestedModel = ""
  private var publicModel = ""
  private var isRouted = false
  private var isAccounted = false
  private var status = 0
  private var firstByteAt: UInt64?
  private var responseBytes = 0
  private var hasAnswerEnded = false
  private var usage = ProcessorUsage(isEventStream: false)

  init(scope: ProcessorScope) {
    self.scope = scope
    id = RequestID(random: &scope.random)
    startedAt = scope.now
  }

  /// The replies since the last call.
  func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  // MARK: Events

  /// Takes a message from Envoy.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard state != .ended else { return }
    do throws(ProtobufError) {
      let request = try ProcessingRequest.read(bytes)
      if let configuration = request.configuration { adopt(configuration) }
      isObservation = request.isObservation
      switch request.part {
      case .requestHeaders: try begin(ProcessorHead(request, in: bytes, scope: scope))
      case .requestBody:
        takeRequestBody(UnsafeRawBufferPointer(rebasing: bytes[request.body]), isLast: request.isEndOfStream)
      case .requestTrailers: takeRequestTrailers()
      case .responseHeaders: try answer(request, in: bytes)
      case .responseBody:
        takeResponseBody(UnsafeRawBufferPointer(rebasing: bytes[request.body]), isLast: request.isEndOfStream)
      case .responseTrailers:
        if state == .answering { finishAnswer() }
        reply { ProcessingReply.appendTrailers(to: &$0, .responseTrailers) }
      case nil:
        refuse(.server("Envoy sent a message of a kind that the external processor does not know", code: "ext_proc"))
      }
    } catch {
      refuse(.server("Envoy's message to the external processor cannot be read: \(error)", code: "ext_proc"))
    }
  }

  /// A message is too long to be taken.
  func receiveTooLong() {
    guard state != .ended else { return }
    refuse(tooLarge)
  }

  /// There is no room for a message.
  func receiveWithoutRoom() {
    guard state != .ended else { return }
    scope.metrics.shed(status: 503).increment()
    refuse(
      .server("the router holds as many bytes of requests as it may; retry", status: 503, code: "overloaded"),
      retryAfter: 5)
  }

  /// The stream is over: what was counted is given back. Harmless when called again.
  func close() {
    let wasOpen = state != .ended
    // Envoy ends the stream alike when the client has left and when no more is to be shown of the answer, so only an
    // answer whose end was to come tells of a client that left.
    let hasLeft = state == .answering && !hasAnswerEnded
    state = .ended
    letBodyGo()
    usage.letGo(load: scope.context.load)
    if isAdmitted {
      isAdmitted = false
      scope.context.load.requestEnded()
    }
    if let placement {
      placement.replica.load.end()
      self.placement = nil
      account(replica: placement.name)
    } else if wasOpen {
      account(replica: "")
    }
    if hasLeft { scope.metrics.clientsGone.increment() }
  }

  private func adopt(_ configuration: ProcessingRequest.ProtocolConfiguration) {
    requestMode = configuration.requestBody
    responseMode = configuration.responseBody
    sendsBodyWithoutWaiting = configuration.sendsBodyWithoutWaiting
  }

  private func reply(_ append: (inout [UInt8]) -> Void) {
    if !isObservation { append(&output) }
  }

  // MARK: The request

  private func begin(_ head: ProcessorHead) {
    guard state == .beginning else {
      return refuse(.server("Envoy sent request headers twice on one stream", code: "ext_proc"))
    }
    self.head = head
    endpoint = Endpoint.at(head.path, method: head.method)
    let isReplicaOnly = scope.settings.role == .replica
    switch endpoint {
    case .model:
      guard head.method == "POST" else {
        if head.method == "OPTIONS" { return passOn(head) }
        return refuse(.methodNotAllowed("method not allowed"), allow: "POST")
      }
      collect(head)
    case .passedThrough(let row):
      if scope.settings.role == .model || head.method == "OPTIONS" { return passOn(head) }
      guard row.modelPlace == .query || head.isEndOfStream else { return collect(head) }
      guard admit(head) else { return }
      completeWithoutBody()
    case .local(let local):
      switch local {
      case .models, .model: if isReplicaOnly { passOn(head) } else { answerLocally(local, head) }
      // Probes and scrapes of whoever stands behind Envoy.
      case .health, .ready, .metrics: passOn(head)
      }
    case .notAllowed(let methods): refuse(.methodNotAllowed("method not allowed"), allow: methods.allow)
    case .unknown:
      if head.method == "OPTIONS" { return passOn(head) }
      if isReplicaOnly {
        return refuse(
          APIError(status: 501, message: "unknown request path", type: "api_error"),
          marked: ("x-error-request-body-processing", "true"))
      }
      refuse(.notFound("endpoint not found"))
    }
  }

  /// Lets a request go on that nothing is decided about; what would choose a replica is taken away.
  private func passOn(_ head: ProcessorHead) {
    state = .forwarded
    var headers = HeaderChanges()
    for name in head.unwanted { headers.remove(name) }
    hasHeadersReply = true
    let modes = ProcessingReply.Modes(requestBody: .none, responseBody: .none, wantsResponseHeaders: false)
    reply {
      ProcessingReply.append(
        to: &$0, .requestHeaders, headers: headers, clearsRouteCache: head.namesReplica,
        modes: requestMode == .none && responseMode == .none ? nil : modes)
    }
  }

  private func admit(_ head: ProcessorHead) -> Bool {
    let expected = head.contentLength ?? 0
    guard expected <= scope.bodyLimit else {
      refuse(tooLarge)
      return false
    }
    let verdict = scope.context.load.requestBegan(
      priority: head.priority, expectedBytes: expected, random: &scope.random)
    switch verdict {
    case .admit:
      isAdmitted = true
      return true
    case .shed(let status, let seconds):
      scope.metrics.shed(status: status).increment()
      refuse(
        status == 429
          ? .rateLimit("the router is near its limits and sheds requests; retry in \(seconds) s", code: "overloaded")
          : .server(
            "the router is at its limits and takes no further request; retry in \(seconds) s", status: 503,
            code: "overloaded"), retryAfter: seconds)
      return false
    }
  }

  private func collect(_ head: ProcessorHead) {
    if scope.settings.role == .replica, let strategy = head.strategy, !ReplicaRole.strategies.contains(strategy) {
      return refuse(ReplicaRole.badStrategy, marked: ("x-error-invalid-routing-strategy", strategy))
    }
    guard admit(head) else { return }
    state = .collecting
    if head.isEndOfStream { return completeWithoutBody() }
    switch requestMode {
    case .none:
      if scope.settings.role == .replica, let name = head.selectedModel ?? head.model {
        repliesToHeadOnly = true
        return complete(named: name)
      }
      replyToHeaders(wanting: .buffered)
    case .streamed:
      if !sendsBodyWithoutWaiting { replyToHeaders(wanting: .buffered) }
    case .buffered, .bufferedPartial: replyToHeaders(wanting: nil)
    case .fullDuplexStreamed: break
    case .grpc: passOn(head)
    }
  }

  /// Lets the headers go on, so that the body comes.
  ///
  /// - Parameter mode: what Envoy is asked to send the body by instead.
  private func replyToHeaders(wanting mode: BodyMode?) {
    var headers = HeaderChanges()
    for name in head?.unwanted ?? [] { headers.remove(name) }
    // Unless Envoy takes the other mode, the head goes on before it is known how long the changed body is.
    if requestMode == .streamed { headers.remove("content-length") }
    hasHeadersReply = true
    reply {
      ProcessingReply.append(
        to: &$0, .requestHeaders, headers: headers,
        modes: mode.map { .init(requestBody: $0, responseBody: responseMode) })
    }
  }

  private func takeRequestBody(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    guard state == .collecting else {
      // Not ours, or routed already.
      if state == .beginning { state = .forwarded }
      return reply {
        ProcessingReply.append(
          to: &$0, .requestBody,
          body: requestMode == .fullDuplexStreamed ? .piece(Array(bytes), isLast: isLast) : .none)
      }
    }
    bodyBytes += bytes.count
    guard bodyBytes <= scope.bodyLimit else { return refuse(tooLarge) }
    pieces += 1
    // A whole body has no end of the stream where trailers follow.
    if isLast || requestMode == .buffered {
      guard !body.isEmpty else { return complete(bytes, isLast: isLast) }
      body.append(contentsOf: bytes)
      return completeHeld(isLast: isLast)
    }
    switch requestMode {
    case .bufferedPartial:
      return refuse(
        .requestTooLarge("the request body is larger than Envoy's buffer; raise per_connection_buffer_limit_bytes"))
    case .streamed, .none:
      if hasHeadersReply {
        reply { ProcessingReply.append(to: &$0, .requestBody, body: .clear) }
      } else {
        waitingPieces += 1
      }
    case .fullDuplexStreamed, .buffered, .grpc: break
    }
    guard scope.context.load.hold(bytes: bytes.count) else { return receiveWithoutRoom() }
    heldBytes += bytes.count
    body.append(contentsOf: bytes)
  }

  private func takeRequestTrailers() {
    if state == .collecting {
      if requestMode == .fullDuplexStreamed {
        completeHeld(isLast: false)
      } else if pieces > 0 {
        // The pieces have been taken out of the stream, and a reply to trailers cannot put a body back.
        return refuse(.invalidRequest("request trailers are not taken in streamed mode", code: "trailers"))
      }
    }
    guard state != .ended else { return }
    reply { ProcessingReply.appendTrailers(to: &$0, .requestTrailers) }
  }

  private func completeWithoutBody() {
    repliesToHeadOnly = true
    complete(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
  }

  private func completeHeld(isLast: Bool) {
    let whole = body
    whole.withUnsafeBytes { complete($0, isLast: isLast) }
  }

  private func letBodyGo() {
    body = []
    guard heldBytes > 0 else { return }
    scope.context.load.release(bytes: heldBytes)
    heldBytes = 0
  }

  private var tooLarge: APIError {
    .requestTooLarge("the request body is larger than the limit of \(scope.bodyLimit) bytes")
  }

  // MARK: Routing

  /// The body is whole.
  private func complete(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    do throws(RequestRouting.Refusal) {
      let routed = try RequestRouting.route(bytes, endpoint: endpoint, head: head, scope: scope) { plan in
        self.plan = plan
        self.requestedModel = plan.facts.model
      }
      requestedModel = routed.requestedModel
      try send(routed, body: bytes, isLast: isLast)
    } catch {
      if !error.requestedModel.isEmpty { requestedModel = error.requestedModel }
      refuse(error.error, marked: error.mark, reason: error.reason, retryAfter: error.retryAfter)
    }
    letBodyGo()
  }

  /// The replica is picked for a model that a header names: no body comes.
  private func complete(named name: String) {
    do throws(RequestRouting.Refusal) {
      let routed = try RequestRouting.route(named: name, scope: scope)
      requestedModel = name
      try send(routed, body: UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
    } catch {
      refuse(error.error, marked: error.mark, reason: error.reason, retryAfter: error.retryAfter)
    }
  }

  private func send(
    _ routed: RequestRouting.Routed, body bytes: UnsafeRawBufferPointer, isLast: Bool
  ) throws(RequestRouting.Refusal) {
    guard let head else { return }
    publicModel = routed.publicModel
    model = routed.model
    adapter = routed.adapter
    isRouted = true
    scope.accounts.metrics(ofModel: publicModel).requests.increment()
    var headers = HeaderChanges()
    for name in head.unwanted where !hasHeadersReply { headers.remove(name) }
    var clearsRouteCache = false
    if scope.settings.role == .model {
      headers.set("x-selected-model", to: publicModel)
      clearsRouteCache = head.selectedModel != publicModel
    } else {
      let placement = try RequestRouting.pick(routed, scope: scope)
      self.placement = placement
      writeTarget(placement, routed, head, to: &headers)
      clearsRouteCache = true
    }
    if scope.settings.role != .replica { headers.set("accept-encoding", to: "identity") }
    let changed = routed.body(for: placement, bytes)
    state = .forwarded
    reply { append(to: &$0, headers: headers, changed: changed, bytes, isLast: isLast, clearsRouteCache) }
  }

  private func writeTarget(
    _ placement: Placement, _ routed: RequestRouting.Routed, _ head: ProcessorHead, to headers: inout HeaderChanges
  ) {
    let address = scope.addresses[placement.replica.id] ?? placement.replica.authority
    if scope.settings.role == .replica {
      headers.set("model", to: publicModel)
      headers.set("routing-strategy", to: LeastRequestStrategy.name)
      headers.set("x-request-id", to: requestID)
    } else {
      headers.set("x-selected-model", to: publicModel)
    }
    headers.set("target-pod", to: address)
    if scope.settings.destinationHeader != "target-pod" { headers.set(scope.settings.destinationHeader, to: address) }
    let target = placement.target(of: endpoint, endpoint.target(path: head.path, query: head.query))
    if target != head.path + head.query { headers.set(":path", to: target) }
    let own = placement.headerLines
    // The client's credential is for the router, not for an engine that has another.
    if own.authenticates, !own.names.contains("authorization") { headers.remove("authorization") }
    own.forEachField { headers.set($0, to: $1) }
  }

  /// Writes the replies that have waited for the whole body.
  private func append(
    to output: inout [UInt8], headers: HeaderChanges, changed: [UInt8]?, _ bytes: UnsafeRawBufferPointer,
    isLast: Bool, _ clearsRouteCache: Bool
  ) {
    var headers = headers
    guard !repliesToHeadOnly else {
      ProcessingReply.append(to: &output, .requestHeaders, headers: headers, clearsRouteCache: clearsRouteCache)
      hasHeadersReply = true
      return
    }
    switch requestMode {
    case .fullDuplexStreamed:
      ProcessingReply.append(to: &output, .requestHeaders, headers: headers, clearsRouteCache: clearsRouteCache)
      ProcessingReply.append(to: &output, .requestBody, body: .piece(changed ?? Array(bytes), isLast: isLast))
    case .streamed where !hasHeadersReply:
      if changed != nil { headers.set("content-length", to: String(changed?.count ?? bytes.count)) }
      ProcessingReply.append(to: &output, .requestHeaders, headers: headers, clearsRouteCache: clearsRouteCache)
      for _ in 0..<waitingPieces { ProcessingReply.append(to: &output, .requestBody, body: .clear) }
      let isWhole = pieces == 1 && changed == nil
      ProcessingReply.append(to: &output, .requestBody, body: isWhole ? .none : .replace(changed ?? Array(bytes)))
    default:
      let isWhole = pieces == 1 && changed == nil
      if let changed, pieces == 1 { headers.set("content-length", to: String(changed.count)) }
      ProcessingReply.append(
        to: &output, .requestBody, headers: headers, body: isWhole ? .none : .replace(changed ?? Array(bytes)),
        clearsRouteCache: clearsRouteCache)
    }
    hasHeadersReply = true
  }

  // MARK: The answer

  private func answer(_ request: ProcessingRequest, in bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    let answer = try AnswerHead(request, in: bytes)
    state = .answering
    status = answer.status
    firstByteAt = scope.now
    letBodyGo()
    guard isRouted else {
      hasAnswerEnded = true
      return reply { ProcessingReply.append(to: &$0, .responseHeaders) }
    }
    judgeReplica(answer.status)
    var headers = HeaderChanges()
    for name in answer.routerFields where scope.settings.role != .replica { headers.remove(name) }
    writeAnswer(to: &headers)
    // An event stream is not to wait for its end in Envoy.
    let isHeld = responseMode == .buffered || responseMode == .bufferedPartial
    let becomesStream = answer.isEventStream && isHeld
    let modes = ProcessingReply.Modes(requestBody: requestMode, responseBody: .streamed)
    if becomesStream { responseMode = .streamed }
    usage.letGo(load: scope.context.load)
    usage = ProcessorUsage(isEventStream: answer.isEventStream)
    if request.isEndOfStream || responseMode == .none { finishAnswer() }
    reply {
      ProcessingReply.append(to: &$0, .responseHeaders, headers: headers, modes: becomesStream ? modes : nil)
    }
  }

  private func writeAnswer(to headers: inout HeaderChanges) {
    headers.set("x-went-into-req-headers", to: "true")
    var text: [UInt8] = []
    id.append(to: &text)
    headers.set("request-id", to: text)
    if scope.settings.role == .replica {
      guard let placement else { return }
      let address = scope.addresses[placement.replica.id] ?? placement.replica.authority
      headers.set("routing-strategy", to: LeastRequestStrategy.name)
      headers.set("target-pod", to: address)
      return
    }
    headers.set("x-request-id", to: requestID)
    let isSuccess = (200..<300).contains(status)
    if let plan {
      RouteHeaders.forEach(plan, isSuccess: isSuccess, withDebug: head?.wantsDebugHeaders ?? false) { name, value in
        headers.set(name.description, to: value)
      }
    } else {
      headers.set("x-vsr-schema-version", to: "2")
      headers.set("x-vsr-response-path", to: "upstream")
      if isSuccess { headers.set("x-vsr-selected-model", to: publicModel) }
    }
  }

  /// The client's own id where it sent a usable one, else ours.
  private var requestID: [UInt8] {
    if let own = head?.requestID { return own }
    var text: [UInt8] = []
    id.append(to: &text)
    return text
  }

  private func judgeReplica(_ status: Int) {
    guard let placement, status > 0 else { return }
    let replica = placement.replica
    if status < 500 {
      if replica.requestSucceeded(now: scope.now) != nil { scope.context.onHealthChange(replica) }
    } else if AttemptFailure.refused(status: status).countsAgainstReplica {
      guard model.map { $0.policy.mayEjectMore(of: $0.placements(for: adapter), now: scope.now) } ?? true else { return replica.load.countFailure() }
      if replica.requestFailed(reason: "it answered \(status)", now: scope.now) != nil {
        scope.context.onHealthChange(replica)
      }
    }
  }

  private func takeResponseBody(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    responseBytes += bytes.count
    let isLast = isLast || responseMode == .buffered
    if isRouted { usage.append(bytes, isLast: isLast, load: scope.context.load) }
    if isLast { finishAnswer() }
    reply {
      ProcessingReply.append(
        to: &$0, .responseBody,
        body: responseMode == .fullDuplexStreamed ? .piece(Array(bytes), isLast: isLast) : .none)
    }
  }

  private func finishAnswer() {
    guard !hasAnswerEnded else { return }
    hasAnswerEnded = true
    guard isRouted else { return }
    if let counted = usage.finish(load: scope.context.load) {
      let tokens = scope.tokens(ofModel: publicModel)
      tokens.prompt.increment(by: UInt64(counted.promptTokens))
      tokens.completion.increment(by: UInt64(counted.completionTokens))
      tokens.all.increment(by: UInt64(counted.promptTokens) + UInt64(counted.completionTokens))
    }
  }

  // MARK: Replies in the engine's place

  private func answerLocally(_ local: LocalEndpoint, _ head: ProcessorHead) {
    guard head.method == "GET" || head.method == "HEAD" else {
      return refuse(.methodNotAllowed("method not allowed"), allow: "GET, HEAD")
    }
    let answer = LocalAnswer.make(local, snapshot: scope.snapshot, context: scope.context, isDraining: false)
    var headers = HeaderChanges()
    headers.set("content-type", to: answer.contentType.description)
    endImmediately(status: answer.status, headers: headers, body: answer.body, details: "local")
  }

  /// Answers the client with an error.
  ///
  /// - Parameters:
  ///   - mark: a field by which AIBrix's clients tell errors; sent where the role is the plugin's.
  ///   - reason: for the count of failed requests; nil for one that was not routed.
  private func refuse(
    _ error: APIError, allow: String? = nil, marked mark: (name: String, value: String)? = nil, reason: String? = nil,
    retryAfter: Int = 0
  ) {
    var headers = HeaderChanges()
    headers.set("content-type", to: "application/json")
    if let allow { headers.set("allow", to: allow) }
    if retryAfter > 0 { headers.set("retry-after", to: String(retryAfter)) }
    let isReplicaOnly = scope.settings.role == .replica
    if isReplicaOnly {
      if let mark { headers.set(mark.name, to: mark.value) }
    } else {
      headers.set("x-vsr-schema-version", to: "2")
      headers.set("x-vsr-response-path", to: error.status == 429 ? "rate_limited" : "error")
    }
    if let reason { scope.metrics.error(model: publicModel, reason: reason).increment() }
    endImmediately(
      status: error.status, headers: headers, body: isReplicaOnly ? error.body : error.numericBody,
      details: error.code ?? "error")
  }

  private func endImmediately(status: Int, headers: HeaderChanges, body: [UInt8], details: String) {
    var headers = headers
    var text: [UInt8] = []
    id.append(to: &text)
    headers.set("request-id", to: text)
    if scope.settings.role != .replica { headers.set("x-request-id", to: requestID) }
    reply {
      ProcessingReply.appendImmediate(
        to: &$0, status: status, headers: headers, body: head?.method == "HEAD" ? [] : body, details: details)
    }
    self.status = status
    responseBytes = body.count
    let replica = placement?.name ?? ""
    if let placement {
      placement.replica.load.end()
      self.placement = nil
    }
    state = .ended
    hasAnswerEnded = true
    letBodyGo()
    usage.letGo(load: scope.context.load)
    account(replica: replica)
  }

  // MARK: Accounts

  /// Metrics and the access log, once a request of ours. A status of 0 says that Envoy did not show the answer.
  private func account(replica: String) {
    guard !isAccounted, isRouted || status >= 400 else { return }
    isAccounted = true
    let total = scope.now &- startedAt
    let first = (firstByteAt ?? scope.now) &- startedAt
    if isRouted, status > 0 {
      let metrics = scope.accounts.metrics(ofModel: publicModel)
      metrics.latency.observe(nanoseconds: total)
      if firstByteAt != nil { metrics.timeToFirstByte.observe(nanoseconds: first) }
    }
    if status > 0 { scope.accounts.countAnswer(status) }
    let method = Array((head?.method ?? "").utf8).withUnsafeBytes { HTTPMethod($0) }
    scope.accounts.log(
      AccessLogBuffer.Entry(
        method: method.name, path: head?.path ?? "", requestedModel: requestedModel, model: publicModel,
        decision: plan?.selection?.decision ?? "", replica: replica, status: status, attempts: isRouted ? 1 : 0,
        milliseconds: Double(total) / 1e6, firstByteMilliseconds: Double(first) / 1e6, requestBytes: bodyBytes,
        responseBytes: responseBytes),
      id: id)
  }
}
