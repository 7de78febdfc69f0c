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
///         │                                    ├─ the encoder reads ─▶ reading ──▲
///         │                                    ├─ a replica reads ─▶ prefilling ─▲
///         │                                    └─ an adapter comes ─▶ loading ────▲
///         └─ not a request of ours ──────────────────────────────────▶ forwarded          any ── immediate reply ──▶ ended
///
/// Each message gets the reply that its mode wants, so Envoy never waits for one but while the prompt is read; then the
/// replies come later, and ``onLateOutput`` tells. Holds at most one body, of the limit
/// that the gateway has, counted with all others in ``GatewayLoad``. No I/O; the time is the scope's; used from one loop. The
/// caller must call ``close()`` once, when the stream is over.
package final class ProcessorSession {
  enum State {
    case beginning
    case collecting
    /// The body is whole, and the encoder reads the prompt, or an engine is asked for its tokens.
    case reading
    /// The body is whole, and a replica reads the prompt for another.
    case prefilling
    /// The body is whole, and a replica loads the adapter.
    case loading
    case forwarded
    case answering
    /// Replied in the engine's place, or over.
    case ended
  }

  let scope: ProcessorScope
  /// Replies for Envoy, framed for gRPC; taken by ``takeOutput()``.
  var output: [UInt8] = []
  var state: State = .beginning
  var head: ProcessorHead?
  let id: RequestID
  /// ``id`` as it is written.
  private(set) lazy var idText: [UInt8] = {
    var text: [UInt8] = []
    id.append(to: &text)
    return text
  }()
  let startedAt: UInt64

  // How bodies come.
  var requestMode: BodyMode = .buffered
  /// Envoy was asked to send the request's body whole instead.
  var wantsWholeBody = false
  var responseMode: BodyMode = .buffered
  var sendsBodyWithoutWaiting = false
  private var isObservation = false
  /// The request is decided by its head, so the head's reply is all that routing changes; a body goes by as it comes.
  var repliesToHeadOnly = false

  // The request.
  var endpoint: Endpoint = .unknown
  var body: [UInt8] = []
  var bodyBytes = 0
  var heldBytes = 0
  /// Pieces of the body that have no reply yet, because the headers have none.
  var waitingPieces = 0
  var pieces = 0
  var hasHeadersReply = false
  var isAdmitted = false
  /// Whose the request is; nil where it is nobody's who is counted.
  var user: UserTally?
  /// Their tokens of this minute, with those of the answer; nil until they are counted.
  var userTokens: Int?
  /// The plan that waits, in the state of that name.
  var reading: UnfinishedPlan?
  /// Ends the wait for the prompt's tokens, in the same state.
  var tokenWait: (() -> Void)?
  /// The trailers came while the encoder read.
  var owesTrailersReply = false
  /// Messages that came while the encoder read, in order.
  private var waiting: [[UInt8]] = []
  /// Envoy sends what follows a whole body only once it has the reply, so more than a few break its rules.
  private static let waitingLimit = 4
  /// Called when replies are there that no message brought about.
  var onLateOutput: (() -> Void)?
  /// Called when the request cannot succeed although Envoy has sent it: the stream is to end with an error.
  var onAbort: ((_ reason: String) -> Void)?

  // What it came to.
  var plan: RoutePlan?
  var placement: Placement?
  /// Those in force when its replicas were picked: a later fleet may have none of theirs.
  var addresses = ReplicaAddresses.none
  /// What is counted on the replica.
  var attempt: AttemptAccount?
  /// The answer is no event stream: nothing tells when its prompt has been read.
  var comesWhole = false
  var wish: ReplicaWish?
  /// Set where two replicas serve the request.
  var pair: ProcessorPair?
  /// Set while a replica loads the adapter.
  var adapterWait: AdapterWait?
  var model: FleetModel?
  var adapter: String?
  var requestedModel = ""
  var publicModel = ""
  var isRouted = false
  var isAccounted = false
  /// What the log tells of its prompt, where it does.
  var promptMark: PromptMark?
  var status = 0
  var firstByteAt: UInt64?
  var responseBytes = 0
  var hasAnswerEnded = false
  var isEventStream = false
  /// The answer is an error whose body, if it comes whole, is to be told as OpenAI's API tells errors.
  var awaitsErrorBody = false
  /// Of a body longer than Envoy's buffer, which it has shown so far, it may show no more.
  var mayEndUnseen = false
  var usage = UsageFinder()

  package init(scope: ProcessorScope) {
    self.scope = scope
    id = RequestID(random: &scope.random)
    startedAt = scope.now
  }

  /// The replies since the last call.
  package func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  // MARK: Events

  /// Takes a message from Envoy.
  package func receive(_ bytes: UnsafeRawBufferPointer) {
    guard state != .ended else { return }
    if state == .reading || waitsForReplica, !Self.isTrailers(bytes) {
      guard waiting.count < Self.waitingLimit, bytes.count <= ProcessorStream.smallMessage else {
        return refuse(.server("Envoy sent more before it had the reply to the request's body", code: "ext_proc"))
      }
      waiting.append(Array(bytes))
      return
    }
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
        if state == .answering { finishAnswer(isWhole: true) }
        reply { ProcessingReply.appendTrailers(to: &$0, .responseTrailers) }
      case nil:
        refuse(.server("Envoy sent a message of a kind that the external processor does not know", code: "ext_proc"))
      }
    } catch {
      refuse(.server("Envoy's message to the external processor cannot be read: \(error)", code: "ext_proc"))
    }
  }

  private static func isTrailers(_ bytes: UnsafeRawBufferPointer) -> Bool {
    (try? ProcessingRequest.read(bytes))?.part == .requestTrailers
  }

  func takeWaiting() -> [[UInt8]] {
    defer { waiting = [] }
    return waiting
  }

  /// A message is too long to be taken.
  package func receiveTooLong() {
    guard state != .ended else { return }
    refuse(tooLarge)
  }

  /// There is no room for a message.
  package func receiveWithoutRoom() {
    guard state != .ended else { return }
    scope.metrics.shed(status: 503).increment()
    refuse(
      .server("the router holds as many bytes of requests as it may; retry", status: 503, code: "overloaded"),
      retryAfter: 5)
  }

  /// The stream is over: what was counted is given back. Harmless when called again.
  package func close() {
    let wasOpen = state != .ended
    // Envoy ends the stream alike when the client has left and when no more is to be shown of the answer, so only an
    // answer whose end was to come tells of a client that left.
    let hasLeft =
      state == .answering && !hasAnswerEnded && !mayEndUnseen || waitsForReplica || state == .reading
    // What came of the answer counts although its end was not seen.
    if state == .answering { finishAnswer(isWhole: false) }
    state = .ended
    waiting = []
    onLateOutput = nil
    onAbort = nil
    endWaits()
    letBodyGo()
    if isAdmitted {
      isAdmitted = false
      scope.context.load.requestEnded()
    }
    attempt?.settle(now: scope.now)
    if let placement {
      self.placement = nil
      account(replica: placement.name)
    } else if wasOpen {
      account(replica: "")
    }
    if hasLeft { scope.metrics.clientsGone.increment() }
  }

  /// What is done for the request elsewhere is not wanted any more. Harmless when called again.
  func endWaits() {
    reading?.abandon()
    reading = nil
    tokenWait?()
    tokenWait = nil
    pair?.end()
    adapterWait?.leave()
    adapterWait = nil
  }

  private func adopt(_ configuration: ProcessingRequest.ProtocolConfiguration) {
    requestMode = configuration.requestBody
    responseMode = configuration.responseBody
    sendsBodyWithoutWaiting = configuration.sendsBodyWithoutWaiting
  }

  /// The body is kept until a replica has done what the request needs before it goes on.
  var waitsForReplica: Bool { state == .prefilling || state == .loading }

  func reply(_ append: (inout [UInt8]) -> Void) {
    if !isObservation { append(&output) }
  }
}
