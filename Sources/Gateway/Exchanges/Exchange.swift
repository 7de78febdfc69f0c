import Balancing
import ChatProtocols
import EngineClient
import Fleet
import HTTPWire
import NIOCore
import Pipeline
import Reading
import Reliability
import Users

/// One request, from its head to the end of its answer, whatever protocol the client speaks. Used from one loop.
///
/// The client's side calls ``begin()``, ``receive(_:)`` and ``receivedAll()`` as the request comes, then hears through
/// its ``ClientStream`` what to send. The engine's side reports to the same object (`Exchange+Engine.swift`).
final class Exchange {
  /// How the client's side is to hand over the body.
  enum Intake {
    /// Whole: nothing is sent before it is complete.
    case whole
    /// Piece by piece, as ``takesUpload`` allows.
    case streamed
  }

  enum Phase {
    case receiving
    /// The encoder reads the prompt.
    case reading
    /// With engines; nothing has been sent to the client.
    case waiting
    /// The head of the answer went to the client.
    case answering
    case ended
  }

  let loop: GatewayLoop
  let listener: ListenerContext
  let client: any ClientStream
  let id: RequestID
  let head: MessageHead
  /// Let go of once an answer has begun: a stream may last, and nobody reads them any more.
  private(set) var headBytes: ByteBuffer
  var phase: Phase = .receiving
  /// The plan that waits, in the phase of that name.
  var reading: UnfinishedPlan?

  /// What came of the body and may still be needed; let go of once an answer has begun, since nothing is sent again then.
  private(set) var body = ByteBuffer()
  private(set) var bodyBytes = 0
  /// The fields behind the body that engines may see, as header lines; at most ``HTTPLimits/trailerBytes`` and a line
  /// feed each.
  private(set) var trailers: [UInt8] = []
  private(set) var endpoint: Endpoint = .unknown
  /// The path at the engine, with the client's query.
  private(set) var target = ""
  /// Set for a request that is passed on as it comes.
  var upload: Upload?
  /// Told when the request was shed.
  var retryAfter = 0
  /// A field that an error's answer carries besides.
  var errorMark: ErrorMark?
  /// An error's body, where it is not to be OpenAI's.
  var errorBody: [UInt8]?
  /// Whose the request is; nil where it is nobody's who is counted.
  var user: UserTally?
  /// What the request counts of its model's requests a second; nil where they have no limit.
  var rateCharge: TrafficLimits.ModelCharge?
  /// Something is done with a body. One that nobody wants is read past, up to ``unwantedLimit``, so that the connection
  /// can be kept; a longer one is not waited for.
  private var wantsBody = true
  private static let unwantedLimit = 64 << 10
  private var load = RequestLoad()

  // Set once the request is routed.
  /// Let go of once an answer has begun, like the body.
  var plan: RoutePlan?
  /// The decision's name; empty when there was none.
  var decision = ""
  var model: ModelState?
  /// The model's name as the client knows it.
  var publicModel = ""
  var requestedModel = ""
  /// Set with ``publicModel``.
  var modelCounters: GatewayMetrics.Model?
  var adapter: String?
  /// Where it may go: fixed when it came, whatever is published later.
  var placements: [Placement] = []
  /// Where its two legs may go, of a model that has pairs.
  var pairedPlacements: [Placement] {
    model?.model.pairedPlacements(for: adapter, taking: wish?.filter) ?? []
  }
  /// What it asks of the replica.
  var wish: ReplicaWish?
  var startedAt: NIODeadline
  /// When it must have ended.
  var deadline: NIODeadline?
  var wantsDebugHeaders = false

  /// By what its choices go for what replicas have cached; let go of once an answer has begun.
  var residency = PromptResidency.ownRequests
  /// The prompt's tokens are waited for.
  var tokenWait: PromptTokenizer.Wait?

  // Its attempts, and what they came to.
  var attempts = AttemptMachine()
  var tried = ReplicaSet()
  var attempt: Attempt?
  /// A second copy, sent while the first has no answer.
  var hedge: Attempt?
  var hedgeTimer: Scheduled<Void>?
  /// Where the last attempt went.
  var placement: Placement?
  /// What chose where the last attempt went.
  var strategy: StrategyKind?
  /// Of a request that a pair of replicas serves; nil for every other.
  var legs: PrefillDecodeLegs?
  /// What the log tells of its prompt, where it does.
  var promptMark: PromptMark?
  /// What the answer told of its tokens.
  var facts = AnswerFacts()
  /// How the last attempt ended: what the client is told when no further replica is there.
  var lastFailure: (error: APIError, reason: String, retryAfter: Int)?
  /// An engine that seemed to have lost the adapter was asked again.
  var hasRenewedAdapter = false
  var answerFraming: AnswerFraming = .none
  /// An engine's error that is read to its end before the client gets any of it.
  var heldError: HeldError?
  var firstByteAt: NIODeadline?
  var status = 0
  var responseBytes = 0
  /// Why an answer that had begun came to no end, in a word.
  var brokenBy: String?
  var isEventStream = false

  init(
    loop: GatewayLoop, listener: ListenerContext, client: any ClientStream, head: MessageHead, headBytes: ByteBuffer
  ) {
    self.loop = loop
    self.listener = listener
    self.client = client
    self.head = head
    self.headBytes = headBytes
    id = RequestID(random: &loop.random)
    startedAt = loop.time
  }

  // MARK: The request comes

  /// Looks at the head, and takes the request in or refuses it. Called once, before any of the body; a request that is
  /// refused is answered when this returns.
  func begin() -> Intake {
    if head.method == .post, let model = knownEndpoint() {
      endpoint = .model(model)
      target = model.path
      admit()
      return .whole
    }
    let parts = RequestTarget(text(head.targetRange))
    endpoint = Endpoint.at(parts.path, method: text(head.methodRange))
    switch endpoint {
    case .model:
      target = endpoint.target(path: parts.path, query: parts.query)
      if head.method == .post {
        admit()
        return .whole
      }
    case .passedThrough(let row):
      target = endpoint.target(path: parts.path, query: parts.query)
      return beginUpload(row, query: parts.query) ? .streamed : .whole
    case .local, .notAllowed, .unknown: break
    }
    wantsBody = false
    if case .length(let length) = head.framing, length > Self.unwantedLimit { receivedAll() }
    return .whole
  }

  /// The endpoint of a target that is spelt as usual, found without making a string of it.
  private func knownEndpoint() -> ModelEndpoint? {
    headBytes.withUnsafeReadableBytes { ModelEndpoint(path: UnsafeRawBufferPointer(rebasing: $0[head.targetRange])) }
  }

  /// Counts the request among those that run, or sheds it.
  func admit() {
    let expected = if case .length(let length) = head.framing, upload == nil { length } else { 0 }
    guard expected <= loop.context.settings.bodyLimit else { return answer(tooLarge) }
    let load = loop.context.load
    switch self.load.begin(in: load, priority: priority, expectedBytes: expected, random: &loop.random) {
    case .admit: countUser()
    case .shed(let status, let seconds):
      loop.context.metrics.shed(status: status).increment()
      retryAfter = seconds
      answer(
        status == 429
          ? .rateLimit("the gateway is near its limits and sheds requests; retry in \(seconds) s", code: "overloaded")
          : .server(
            "the gateway is at its limits and takes no further request; retry in \(seconds) s", status: 503,
            code: "overloaded"))
    }
  }

  /// Counts the request among its user's, or refuses it: before anything of it is read.
  private func countUser() {
    guard loop.context.limits.countsUsers else { return }
    switch loop.context.limits.admit(user: fieldValue(named: "user")) {
    case .anonymous: break
    case .user(let name, let requests): user = UserTally(name: name, requests: requests)
    case .refused(let refusal):
      take(refusal)
      answer(refusal.error)
    }
  }

  /// Remembers how a refusal is to be told.
  func take(_ refusal: LimitRefusal) {
    loop.context.metrics.limitRefusals(by: refusal.reason).increment()
    retryAfter = refusal.retryAfter
    errorMark = ErrorMark(refusal.mark)
    errorBody = refusal.body
  }

  private var priority: RequestPriority {
    fieldValue(named: loop.context.settings.priorityHeader).map(RequestPriority.init(fieldValue:)) ?? .normal
  }

  /// Takes a piece of the body.
  ///
  /// - Returns: false when it is not taken; the request is answered then.
  func receive(_ bytes: ByteBuffer) -> Bool {
    guard phase == .receiving || (upload != nil && phase != .ended) else { return false }
    bodyBytes += bytes.readableBytes
    guard upload == nil else { return receiveUpload(bytes) }
    guard wantsBody else {
      guard bodyBytes > Self.unwantedLimit else { return true }
      receivedAll()
      return false
    }
    guard bodyBytes <= loop.context.settings.bodyLimit else {
      refuse(tooLarge)
      return false
    }
    return keep(bytes)
  }

  /// The client says that so many bytes more are to come: a chunk that is too long is not waited for.
  ///
  /// - Returns: false when they are not taken; the request is answered then.
  func expect(_ count: Int) -> Bool {
    guard count > 0 else { return true }
    if upload != nil { return phase == .ended || mayUpload(bodyBytes + count) }
    guard phase == .receiving else { return true }
    guard wantsBody else {
      guard bodyBytes + count > Self.unwantedLimit else { return true }
      receivedAll()
      return false
    }
    guard bodyBytes + count <= loop.context.settings.bodyLimit else {
      refuse(tooLarge)
      return false
    }
    return true
  }

  /// The fields behind the body, told before ``receivedAll()``.
  ///
  /// - Parameter section: field lines as they came, each with its CRLF.
  func receive(trailers section: [UInt8]) {
    guard !section.isEmpty, phase != .ended else { return }
    let named = headBytes.withUnsafeReadableBytes { ForwardedFields.connectionOptions(head, $0) }
    trailers = TrailerFields.passed(section, except: named ?? [])
  }

  /// Those of the fields behind the body that a replica is sent: not those that are set for it.
  func trailers(to placement: Placement) -> [UInt8] {
    let own = placement.headerLines.names
    return trailers.isEmpty || own.isEmpty ? trailers : TrailerFields.passed(trailers, except: own)
  }

  /// Holds bytes of the body, if the gateway has room for them.
  func keep(_ bytes: ByteBuffer) -> Bool {
    guard load.keep(bytes.readableBytes, in: loop.context.load) else { return refuseForBytes() }
    if body.readableBytes == 0 {
      body = bytes
    } else {
      body.writeImmutableBuffer(bytes)
    }
    return true
  }

  /// Counts what has arrived of a body that is handed over when it is whole.
  func holdAhead(_ count: Int) {
    guard phase == .receiving, upload == nil else { return }
    if !load.arrived(count, in: loop.context.load) { _ = refuseForBytes() }
  }

  /// Counts bytes of an upload that wait at the client's side until the engine takes them.
  ///
  /// - Returns: false when the gateway has no room for them; the request is answered then.
  func holdPending(_ count: Int) -> Bool { load.wait(count, in: loop.context.load) || refuseForBytes() }

  /// Bytes that ``holdPending(_:)`` counted do not wait any more.
  func releasePending(_ count: Int) { load.taken(count, in: loop.context.load) }

  /// The gateway has no room for more bytes.
  private func refuseForBytes() -> Bool {
    loop.context.metrics.shed(status: 503).increment()
    retryAfter = 5
    refuse(.server("the gateway holds as many bytes of requests as it may; retry", status: 503, code: "overloaded"))
    return false
  }

  /// What is held of the body is not needed any more.
  func letBodyGo() {
    body = ByteBuffer()
    load.letBodyGo(in: loop.context.load)
  }

  /// What is held of the body has been written to an engine and is not needed any more. It counts until it has left.
  func letBodyGo(behind connection: UpstreamConnection) {
    body = ByteBuffer()
    connection.whenWritten { self.load.letBodyGo(in: self.loop.context.load) }
  }

  var tooLarge: APIError {
    .requestTooLarge(
      "the request body is larger than the limit of \(loop.context.settings.bodyLimit) bytes (global.gateway.body_limit)"
    )
  }

  /// The request is complete.
  func receivedAll() {
    guard upload == nil else { return completeUpload() }
    guard phase == .receiving else { return }
    if head.method == .options { return answerOptions() }
    switch endpoint {
    case .model(let endpoint):
      guard head.method == .post else { return answer(.methodNotAllowed("method not allowed"), allow: "POST") }
      route(endpoint)
    case .local(let endpoint):
      guard head.method == .get || head.method == .head else {
        return answer(.methodNotAllowed("method not allowed"), allow: "GET, HEAD")
      }
      let answer = LocalAnswer.make(
        endpoint, snapshot: loop.snapshot, context: loop.context, isDraining: loop.isDraining)
      conclude()
      if answer.status == 503 { retryAfter = 1 }
      write(status: answer.status, contentType: answer.contentType, body: ByteBuffer(bytes: answer.body))
      // Probes and scrapes that find what they ask for would fill the log.
      if answer.status >= 400 { logLocally(status: answer.status, bytes: answer.body.count) }
      client.finish()
    case .notAllowed(let methods): answer(.methodNotAllowed("method not allowed"), allow: methods.allow)
    case .passedThrough, .unknown: answer(.notFound("endpoint not found"))
    }
  }

  /// What came before was the client's time.
  func beginsNow() { startedAt = loop.time }

  // MARK: The end

  /// The answer begins: from here on the client sees it.
  func beginAnswer() {
    phase = .answering
    plan = nil
    residency = .ownRequests
    legs?.letBodiesGo()
    if upload?.isComplete ?? true { headBytes = ByteBuffer() }
  }

  /// The request is over; what it holds is given back. Harmless when it is over already.
  func conclude() {
    guard phase != .ended else { return }
    phase = .ended
    reading?.abandon()
    reading = nil
    if let tokenWait { loop.context.tokenizer?.abandon(tokenWait) }
    tokenWait = nil
    hedgeTimer?.cancel()
    hedgeTimer = nil
    legs?.end()
    body = ByteBuffer()
    load.end(in: loop.context.load)
  }

  // MARK: The client's doings

  /// The request cannot be read to its end.
  func refuse(_ error: APIError) {
    switch phase {
    case .receiving, .reading: answer(error)
    case .waiting:
      endAttempts()
      failed(error, reason: "bad_request")
    case .answering:
      // A malformed rest of an upload whose answer has begun.
      if let attempt { facts = attempt.facts }
      endAttempts()
      conclude()
      brokenBy = "bad_request"
      account()
      client.abort()
    case .ended: break
    }
  }

  /// The client closed its connection or its stream.
  func clientLeft() {
    guard phase != .ended else { return }
    let phase = phase
    if let reading { requestedModel = reading.facts.model }
    if let attempt, phase == .answering { facts = attempt.facts }
    conclude()
    guard phase != .receiving else { return }
    loop.context.metrics.clientsGone.increment()
    if phase == .reading { return logLocally(status: 499, bytes: 0) }
    // An error of the engine's may have been held, of which the client has nothing.
    if phase == .answering { brokenBy = "client_left" } else { status = 499 }
    endAttempts()
    account()
  }

  /// The client takes bytes again.
  func clientTakesBytes() { attempt?.connection?.resumeReading() }

  /// Called several times a second.
  func expire(_ now: NIODeadline) {
    guard phase == .waiting || phase == .answering || phase == .reading else { return }
    if let deadline, now > deadline { return timeOut() }
    if phase == .waiting { expireWaiting(now) }
    expirePrefill(now)
    presumePrefillsOver()
  }

  private func timeOut() {
    giveUp(
      .server("the request took longer than it may", status: 504, code: "request_timeout"), reason: "request_timeout",
      midway: breakError(.timedOut))
  }

  /// The gateway ends, and the time that it gave its requests is over.
  func gatewayStops() {
    let error = APIError.server("the gateway stops; retry", status: 503, code: "stopping")
    giveUp(error, reason: "stopping", midway: error)
  }

  /// Ends the request with an error, as far as its answer has not come.
  ///
  /// - Parameter midway: told at the end of a stream that has begun.
  private func giveUp(_ error: APIError, reason: String, midway: APIError) {
    switch phase {
    case .receiving, .reading:
      answer(error)
      client.flush()
    case .waiting:
      endAttempts()
      failed(error, reason: reason)
    case .answering:
      let isBetweenChunks = attempt?.connection?.isBetweenChunks ?? true
      if let attempt { facts = attempt.facts }
      endAttempts()
      breakOff(midway, reason: reason, isBetweenChunks: isBetweenChunks)
    case .ended: break
    }
  }
}
