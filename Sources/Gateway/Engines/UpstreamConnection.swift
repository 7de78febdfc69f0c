import Fleet
import HTTPWire
import NIOCore
import NIOTLS

/// One connection to an engine: carries one exchange at a time and passes its answer on as it comes.
///
/// Bytes of a body, its chunk framing included, reach the client as they are; they are only walked to find their end.
final class UpstreamConnection: ChannelDuplexHandler, DeferredFlush {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case idle
    case awaitingHead
    case body(remaining: Int)
    case chunkedBody
    case untilClose
    case closed

    var isAwaitingHead: Bool { if case .awaitingHead = self { true } else { false } }
  }

  let replica: Replica
  private let loop: GatewayLoop
  private var context: ChannelHandlerContext?
  private var state: State = .idle
  private var attempt: Attempt?
  private var inbound = ByteBuffer()
  private var scanner = HeadScanner()
  private var head = MessageHead()
  /// The answer's head, until something of its body comes.
  private var heldHead: ByteBuffer?
  private var chunks = ChunkedAnswer()
  private var keepsAlive = true
  private var deadline: NIODeadline?
  private var isReadHeld = false
  private var pacing = ReadPacing()
  /// The connection broke, which is not the end of an answer that ends with its connection.
  private var hasBroken = false
  private var lastError: (any Error)?
  private var isSecured = false
  private var securing: ((Result<Void, any Error>) -> Void)?
  /// It has stood idle, or an answer has come over it before, so an early close may just be the engine's idle limit.
  private var isReused = false

  init(loop: GatewayLoop, replica: Replica) {
    self.loop = loop
    self.replica = replica
  }

  // MARK: From the exchange

  /// The pool that the connection belongs to, and its name there.
  private var pool: EnginePool?
  private(set) var poolID = -1
  private var firstByteTimeout = TimeAmount.minutes(10)
  private var idleTimeout = TimeAmount.minutes(5)
  /// The whole request has been written.
  private var isRequestComplete = true
  /// And has left: before that, the next request would wait behind bytes that the engine may never take.
  private var isRequestFlushed = true
  private var sentAt = NIODeadline.uptimeNanoseconds(0)
  /// How soon after a request was sent a kept connection must have ended for its end to be the idle limit's, which crosses
  /// the request; an engine that has had it longer has failed at it.
  private static let keptSpan = TimeAmount.seconds(1)
  private(set) var isWritable = true
  /// Something written waits for the end of the loop's turn.
  private var isFlushWaiting = false

  /// It waits in the pool for a request.
  func stands() { isReused = true }

  func join(_ pool: EnginePool, as id: Int) {
    self.pool = pool
    poolID = id
  }

  /// Sends a request. The first buffer begins with the head.
  ///
  /// - Parameter isComplete: nothing follows by ``sendBody(_:)``.
  func send(_ attempt: Attempt, _ pieces: [ByteBuffer], isComplete: Bool) {
    guard let context else {
      return attempt.exchange.engineFailed(attempt, isReused ? .keptConnectionClosed : .closed)
    }
    self.attempt = attempt
    state = .awaitingHead
    heldHead = nil
    isRequestComplete = isComplete
    if let policy = attempt.exchange.model?.model.policy {
      // A prefill's answer comes when it is done, and has a time of its own.
      firstByteTimeout = TimeAmount(attempt.isPrefill ? policy.prefillTimeout : policy.firstByteTimeout)
      idleTimeout = TimeAmount(attempt.isPrefill ? policy.prefillTimeout : policy.idleTimeout)
    }
    deadline = isComplete ? loop.time + firstByteTimeout : nil
    sentAt = loop.time
    isRequestFlushed = true
    for piece in pieces { context.write(wrapOutboundOut(piece), promise: nil) }
    // Of a small one the kernel takes all: what an engine had not read before would have kept it from answering.
    if !isComplete || pieces.count > 1 { awaitFlush(context) }
    flushLater()
  }

  func flushDeferred() {
    isFlushWaiting = false
    context?.flush()
  }

  private func flushLater() {
    guard !isFlushWaiting else { return }
    isFlushWaiting = true
    loop.flushLater(self)
  }

  /// Notes when what has been written has left.
  private func awaitFlush(_ context: ChannelHandlerContext) {
    isRequestFlushed = false
    guard isRequestComplete else { return }
    // Nothing is sent behind it until it has left, so it is this request's.
    context.write(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenSuccess { self.isRequestFlushed = true }
  }

  /// Tells when what has been written of the request has left, or cannot leave any more.
  func whenWritten(_ done: @escaping () -> Void) {
    guard let context, !isRequestFlushed else { return done() }
    context.write(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in done() }
    // What was not flushed is not told of, and an answer may last long without another write.
    flushLater()
  }

  /// A further piece of the request.
  func sendBody(_ bytes: ByteBuffer) {
    context?.write(wrapOutboundOut(bytes), promise: nil)
    flushLater()
  }

  /// The request has been sent to its end: now the engine's time runs.
  func requestIsComplete() {
    isRequestComplete = true
    if let context {
      awaitFlush(context)
      context.flush()
    }
    if state.isAwaitingHead { deadline = loop.time + firstByteTimeout }
  }

  /// It is not needed by the attempt that asked for it.
  func release() { pool?.released(self) }

  /// The client left: the engine stops generating when its connection closes.
  func cancel() {
    attempt = nil
    state = .closed
    close()
  }

  func close() { context?.close(promise: nil) }

  /// The client takes bytes again.
  func resumeReading() {
    guard isReadHeld else { return }
    isReadHeld = false
    listenAgain(loop.refreshTime())
    context?.read()
  }

  /// The engine had no chance to send in the meantime.
  private func listenAgain(_ now: NIODeadline) {
    if deadline != nil, !isAwaitingAnswer { deadline = now + idleTimeout }
    pacing.listens(at: now)
  }

  /// Nothing of the answer has been passed on.
  private var isAwaitingAnswer: Bool { state.isAwaitingHead || heldHead != nil }

  func expire(_ now: NIODeadline) {
    guard let deadline, now > deadline else { return }
    switch state {
    case .idle, .closed: break
    case .awaitingHead: fail(.firstByteTimedOut)
    case .body, .chunkedBody, .untilClose:
      if isAwaitingAnswer { fail(.firstByteTimedOut) } else if !isReadHeld, !pacing.isPaused { fail(.streamTimedOut) }
    }
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  /// Also told of a connection that broke before it was active, for which no other event comes.
  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    end()
  }

  func channelActive(context: ChannelHandlerContext) {
    loop.opened(self)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  /// The connection is over: tells whoever uses it. Harmless when it was told.
  private func end() {
    loop.closed(self)
    // What began long ago ends now.
    let now = loop.refreshTime()
    securing?(.failure(lastError ?? ChannelError.eof))
    securing = nil
    let before = state
    state = .closed
    if let attempt {
      if case .untilClose = before, !hasBroken, let heldHead {
        self.heldHead = nil
        guard passHead(attempt, heldHead) else { return leavePool() }
      }
      self.attempt = nil
      if case .untilClose = before, !hasBroken {
        attempt.exchange.engineEnded(attempt)
      } else {
        attempt.isBetweenChunks = isBetweenChunks
        let isKept =
          isReused && inbound.readableBytes == 0 && before.isAwaitingHead && now - sentAt < Self.keptSpan
        attempt.exchange.engineFailed(attempt, isKept ? .keptConnectionClosed : .closed)
      }
    }
    leavePool()
  }

  /// Behind the exchange, which may have the pool open another in this one's place.
  private func leavePool() {
    pool?.closed(self)
    pool = nil
  }

  // MARK: TLS

  /// Waits for the TLS handshake. The completion runs once, on this loop.
  func whenSecured(within limit: TimeAmount, _ completion: @escaping (Result<Void, any Error>) -> Void) {
    if isSecured { return completion(.success(())) }
    guard context != nil else { return completion(.failure(lastError ?? ChannelError.eof)) }
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    let timer = loop.eventLoop.scheduleTask(in: limit) {
      bound.value.lastError = ChannelError.connectTimeout(limit)
      bound.value.close()
    }
    securing = { result in
      timer.cancel()
      completion(result)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent {
      isSecured = true
      securing?(.success(()))
      securing = nil
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    hasBroken = true
    lastError = lastError ?? error
    context.close(promise: nil)
  }

  func read(context: ChannelHandlerContext) {
    if let attempt, !attempt.takesBytes {
      isReadHeld = true
      return
    }
    switch pacing.next() {
    case .read: context.read()
    case .pause: loop.readLater(self)
    case .wait: break
    }
  }

  /// The pause that ``GatewayLoop/readLater(_:)`` began is over.
  func readAfterPause(_ now: NIODeadline) {
    listenAgain(now)
    if let context { read(context: context) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    loop.eventBegins()
    guard attempt != nil else {
      // An engine has nothing to say between requests.
      context.close(promise: nil)
      return
    }
    if inbound.readableBytes == 0 {
      inbound = buffer
    } else {
      // A new buffer each time: one that always has a rest in it would grow for as long as the answer lasts.
      var joined = context.channel.allocator.buffer(capacity: inbound.readableBytes + buffer.readableBytes)
      joined.writeBuffer(&inbound)
      joined.writeBuffer(&buffer)
      inbound = joined
    }
    do {
      try advance()
    } catch {
      fail(.badAnswer(error))
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if !isRequestComplete {
      // An engine that takes nothing of an upload must not hold it for ever; what a client is slow to send is no fault
      // of the engine's, unless it answers already.
      deadline = isWritable && state.isAwaitingHead ? nil : loop.refreshTime() + idleTimeout
      if isWritable { attempt?.exchange.client.resumeUpload() }
    }
    context.fireChannelWritabilityChanged()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    attempt?.exchange.client.flush()
    context.fireChannelReadComplete()
  }

  // MARK: The answer

  private func advance() throws(HTTPSyntaxError) {
    // Only answers give an engine more time: a head that drips in forever is as good as none.
    if !state.isAwaitingHead {
      if let heldHead, let attempt, inbound.readableBytes > 0 {
        self.heldHead = nil
        guard passHead(attempt, heldHead) else { return }
      }
      deadline = loop.time + idleTimeout
      // Not while a request is still being sent: an engine that ends in its midst must be heard to its last byte.
      if isRequestComplete, isRequestFlushed, let attempt, attempt.exchange.isEventStream {
        pacing.received(at: loop.time)
      }
    }
    while let attempt, inbound.readableBytes > 0 {
      switch state {
      case .awaitingHead:
        guard try parseHead(attempt) else { return }
      case .body(let remaining):
        guard let slice = inbound.readSlice(length: min(remaining, inbound.readableBytes)) else { return }
        let left = remaining - slice.readableBytes
        state = .body(remaining: left)
        attempt.exchange.engineBody(attempt, slice)
        // It may have been given up meanwhile.
        if left == 0, self.attempt === attempt { finish(attempt) }
      case .chunkedBody:
        guard try passChunks(attempt) else { return }
      case .untilClose:
        guard let slice = inbound.readSlice(length: inbound.readableBytes) else { return }
        attempt.exchange.engineBody(attempt, slice)
      case .idle, .closed: return
      }
    }
  }

  /// Returns whether a final head was passed on.
  private func parseHead(_ attempt: Attempt) throws(HTTPSyntaxError) -> Bool {
    let limits = loop.context.settings.httpLimits
    let length = try inbound.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try scanner.headLength(in: bytes, limits: limits)
    }
    guard let length, let bytes = inbound.readSlice(length: length) else { return false }
    let isBodiless = attempt.exchange.head.method == .head
    try bytes.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try head.parseResponse(bytes, isBodiless: isBodiless, limits: limits)
    }
    // Interim answers are the engine's to us; behind a 101 nothing that follows would be HTTP (RFC 9110 §15.2.2).
    if head.status == 101 { throw .unwantedUpgrade }
    if head.status < 200 { return true }
    keepsAlive = head.keepsAlive
    pool?.engineSaid(
      idleSeconds: head.first(.keepAlive).flatMap { field in
        bytes.withUnsafeReadableBytes { KeepAliveField.timeout(UnsafeRawBufferPointer(rebasing: $0[field.valueRange])) }
      })
    switch head.framing {
    case .none: state = .body(remaining: 0)
    case .length(let length): state = .body(remaining: length)
    case .chunked:
      chunks = ChunkedAnswer(
        limits: limits, named: bytes.withUnsafeReadableBytes { ForwardedFields.connectionOptions(head, $0) } ?? [])
      state = .chunkedBody
    case .untilClose: state = .untilClose
    }
    if isHeadHeld(attempt) {
      heldHead = bytes
      return true
    }
    deadline = loop.time + idleTimeout
    guard passHead(attempt, bytes) else { return false }
    if case .none = head.framing { finish(attempt) }
    return true
  }

  /// Whether nothing is there of the answer but its head. Engines send that of a stream when they take the request in, long
  /// before they have read the prompt: until there is more, another replica may be asked all the same.
  private func isHeadHeld(_ attempt: Attempt) -> Bool {
    guard inbound.readableBytes == 0, (200..<300).contains(head.status), !attempt.isPrefill, isRequestComplete
    else { return false }
    return switch head.framing {
    case .none, .length(0): false
    case .length, .chunked, .untilClose: true
    }
  }

  /// - Returns: whether the answer is wanted.
  private func passHead(_ attempt: Attempt, _ bytes: ByteBuffer) -> Bool {
    if attempt.exchange.engineHead(attempt, head, bytes) { return true }
    self.attempt = nil
    state = .closed
    close()
    return false
  }

  /// What went to the client ends with a whole chunk.
  var isBetweenChunks: Bool { chunks.isBetweenChunks }

  /// Passes chunks on; returns whether everything that waits has been passed.
  private func passChunks(_ attempt: Attempt) throws(HTTPSyntaxError) -> Bool {
    let passed = try chunks.pass(
      &inbound, withFraming: attempt.takesChunkFraming, isEventStream: attempt.exchange.isEventStream)
    if let first = passed.first { attempt.exchange.engineBody(attempt, first) }
    for bytes in passed.others { attempt.exchange.engineBody(attempt, bytes) }
    if !passed.trailers.isEmpty { attempt.exchange.engineTrailers(attempt, passed.trailers) }
    // It may have been given up meanwhile.
    if passed.isOver, self.attempt === attempt { finish(attempt) }
    return !passed.isHeld
  }

  private func finish(_ attempt: Attempt) {
    self.attempt = nil
    pacing.ended()
    deadline = nil
    isReused = true
    if keepsAlive, isRequestComplete, isRequestFlushed, inbound.readableBytes == 0 {
      inbound = ByteBuffer()
      state = .idle
      attempt.connection = nil
      pool?.released(self)
      if isReadHeld { resumeReading() }
    } else {
      state = .closed
      close()
    }
    attempt.exchange.engineEnded(attempt)
  }

  private func fail(_ failure: UpstreamFailure) {
    let attempt = attempt
    self.attempt = nil
    state = .closed
    if let attempt {
      attempt.isBetweenChunks = isBetweenChunks
      attempt.exchange.engineFailed(attempt, failure)
    }
    close()
  }
}
