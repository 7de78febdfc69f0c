import Balancing
import ChatProtocols
import Fleet
import HTTPWire
import NIOCore
import Pipeline

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
    /// With engines; nothing has been sent to the client.
    case waiting
    /// The head of the answer went to the client.
    case answering
    case ended
  }

  unowned let loop: GatewayLoop
  let listener: ListenerContext
  let client: any ClientStream
  let id: RequestID
  let head: MessageHead
  let headBytes: ByteBuffer
  let arrivedAt: NIODeadline
  var phase: Phase = .receiving

  /// What came of the body and may still be needed; let go of once an answer has begun, since nothing is sent again then.
  var body = ByteBuffer()
  private(set) var bodyBytes = 0
  private(set) var endpoint: Endpoint = .unknown
  /// The path at the engine, with the client's query.
  private(set) var target = ""

  // Set once the request is routed.
  var plan: RoutePlan?
  /// Where it may go: fixed when it came, whatever is published later.
  var placements: [Placement] = []
  var startedAt: NIODeadline
  var wantsDebugHeaders = false
  var tried = ReplicaSet()
  var attempts = 0
  var attempt: Attempt?
  /// Where the last attempt went.
  var placement: Placement?
  var answerFraming: AnswerFraming = .none
  /// How the last attempt ended: what the client is told when no further replica is there.
  var lastFailure: (error: APIError, reason: String)?
  /// A kept connection turned out to be closed: others kept as long may be too.
  var needsFreshConnection = false
  var firstByteAt: NIODeadline?
  var status = 0
  var responseBytes = 0
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
    arrivedAt = .now()
    startedAt = arrivedAt
  }

  // MARK: The request comes

  /// Looks at the head. Called once, before any of the body.
  func begin() -> Intake {
    if head.method == .post, let model = known(headBytes) {
      endpoint = .model(model)
      target = model.path
      return .whole
    }
    let parts = RequestTarget(text(head.targetRange))
    endpoint = Endpoint.at(parts.path)
    // The engine gets the path in its canonical spelling.
    if case .model(let model) = endpoint { target = model.path + parts.query }
    return .whole
  }

  /// The endpoint of a target that is spelt as usual, found without making a string of it.
  private func known(_ bytes: ByteBuffer) -> ModelEndpoint? {
    bytes.withUnsafeReadableBytes { ModelEndpoint(path: UnsafeRawBufferPointer(rebasing: $0[head.targetRange])) }
  }

  /// Takes a piece of the body.
  ///
  /// - Returns: false when the body is longer than may be; the request is answered then.
  func receive(_ bytes: ByteBuffer) -> Bool {
    bodyBytes += bytes.readableBytes
    guard bodyBytes <= loop.context.settings.bodyLimit else {
      refuse(tooLarge)
      return false
    }
    if body.readableBytes == 0 {
      body = bytes
    } else {
      body.writeImmutableBuffer(bytes)
    }
    return true
  }

  var tooLarge: APIError {
    .requestTooLarge("the request body is larger than the limit of \(loop.context.settings.bodyLimit) bytes")
  }

  /// Whether a request that is passed on as it comes is wanted further.
  var takesUpload: Bool { true }

  /// The request is complete.
  func receivedAll() {
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
      phase = .ended
      write(status: answer.status, contentType: answer.contentType, body: ByteBuffer(bytes: answer.body))
      client.finish()
    case .unknown: answer(.notFound("endpoint not found"))
    }
  }

  private func route(_ endpoint: ModelEndpoint) {
    startedAt = NIODeadline.now()
    wantsDebugHeaders = isTrue(.vsrDebug)
    let plan: RoutePlan
    do throws(APIError) {
      plan = try body.withUnsafeReadableBytes { (bytes) throws(APIError) in
        try loop.context.pipeline.plan(
          body: bytes, endpoint: endpoint, snapshot: loop.snapshot,
          options: .init(readsEverything: wantsDebugHeaders, skipsProcessing: isTrue(.vsrSkipProcessing)))
      }
    } catch {
      let model = body.withUnsafeReadableBytes { try? RequestFacts.scan(body: $0, endpoint: endpoint).model }
      return answer(error, requestedModel: model ?? "")
    }
    let metrics = loop.context.metrics
    metrics.routingLatency.observe(nanoseconds: UInt64(max(0, (NIODeadline.now() - startedAt).nanoseconds)))
    if plan.wasReadBefore { metrics.readCacheHits.increment() }
    if let selection = plan.selection, let decision = selection.decision {
      let counters = loop.metrics(ofDecision: decision)
      counters.matches.increment()
      counters.confidence.observe(selection.confidence)
    }
    self.plan = plan
    placements = loop.snapshot.fleet.model(named: plan.model)?.placements(for: plan.adapter) ?? []
    loop.metrics(ofModel: plan.publicModel).requests.increment()
    phase = .waiting
    makeAttempt()
  }

  // MARK: The client's doings

  /// The request cannot be read to its end.
  func refuse(_ error: APIError) {
    switch phase {
    case .receiving: answer(error)
    case .waiting: failed(error, reason: "bad_request")
    case .answering, .ended: break
    }
  }

  /// The client closed its connection or its stream.
  func clientLeft() {
    guard phase != .ended else { return }
    let wasReceiving = phase == .receiving
    phase = .ended
    guard !wasReceiving else { return }
    loop.context.metrics.clientsGone.increment()
    if status == 0 { status = 499 }
    endAttempts()
    account()
  }

  /// The client takes bytes again.
  func clientTakesBytes() { attempt?.connection?.resumeReading() }

  /// Called several times a second.
  func expire(_ now: NIODeadline) {
    guard phase == .waiting || phase == .answering, let timeout = listener.requestTimeout, now - startedAt > timeout
    else { return }
    if phase == .answering {
      loop.context.metrics.error(model: plan?.publicModel ?? "", reason: "request_timeout").increment()
      endAttempts()
      phase = .ended
      account()
      client.abort()
    } else {
      endAttempts()
      failed(
        .server("the request took longer than this listener allows", status: 504, code: "request_timeout"),
        reason: "request_timeout")
    }
  }

  // MARK: Parts of the head

  func text(_ range: Range<Int>) -> String {
    headBytes.getString(at: headBytes.readerIndex + range.lowerBound, length: range.count) ?? ""
  }

  func isTrue(_ name: FieldName) -> Bool {
    guard let field = head.first(name) else { return false }
    return text(field.valueRange).lowercased() == "true"
  }
}
