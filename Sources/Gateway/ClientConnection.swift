import Balancing
import ChatProtocols
import Fleet
import HTTPWire
import NIOCore
import Pipeline

/// One client's connection: takes requests one after the other, routes each, and writes its answer.
///
/// Pipelined requests wait in the buffer while one is being answered. A client that closes its connection ends its
/// running request.
final class ClientConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case head
    case lengthBody(Int)
    case chunkedBody(ChunkedDecoder)
    case responding
    case closing
  }

  private unowned let loop: GatewayLoop
  private var context: ChannelHandlerContext?
  private var state: State = .head
  private var inbound = ByteBuffer()
  private var scanner = HeadScanner()
  private var head = MessageHead()
  private var headBytes = ByteBuffer()
  private var body = ByteBuffer()
  private var exchange: Exchange?
  private var upstream: UpstreamConnection?
  private var isReadHeld = false
  private var isWritable = true
  private var isProcessing = false
  private var lastActivity = NIODeadline.now()
  /// When the first byte of the request that is arriving came.
  private var requestBeganAt: NIODeadline?
  /// Since when the client has taken nothing of what waits for it.
  private var stalledSince: NIODeadline?
  private var hasSentHead = false
  private var reencodesChunks = false

  /// The longest that a whole request may take on this listener; nil for no limit.
  private let requestTimeout: TimeAmount?

  init(loop: GatewayLoop, requestTimeout: TimeAmount?) {
    self.loop = loop
    self.requestTimeout = requestTimeout
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    loop.add(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    // After the last answer nothing that comes matters; it is taken so that the answer is not lost to a reset.
    if case .closing = state { return }
    if inbound.readableBytes == 0 {
      inbound = buffer
    } else {
      if inbound.readerIndex > inbound.readableBytes { inbound.discardReadBytes() }
      inbound.writeBuffer(&buffer)
    }
    lastActivity = .now()
    if requestBeganAt == nil { requestBeganAt = lastActivity }
    process()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if mayRead { context.read() } else { isReadHeld = true }
  }

  /// While an answer runs, a client has no more to say than what already waits; one that takes no answers is asked for
  /// no more requests.
  private var mayRead: Bool {
    switch state {
    case .responding: inbound.readableBytes == 0
    case .closing: true
    case .head, .lengthBody, .chunkedBody: isWritable
    }
  }

  private func resumeReading() {
    guard isReadHeld, mayRead else { return }
    isReadHeld = false
    context?.read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    stalledSince = isWritable ? nil : .now()
    lastActivity = .now()
    if isWritable {
      upstream?.resumeReading()
      process()
      resumeReading()
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    loop.remove(self)
    state = .closing
    if let exchange {
      loop.context.metrics.clientsGone.increment()
      exchange.release()
      if exchange.status == 0 { exchange.status = 499 }
      account(exchange)
      self.exchange = nil
      upstream?.cancel()
      upstream = nil
    }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func close() { context?.close(promise: nil) }

  func closeIfIdle() {
    if case .head = state, inbound.readableBytes == 0 { closeAfterFlush() }
  }

  /// Closes once everything written has gone out, and lets the client notice: with bytes of its unread, closing at once
  /// would reset the connection, and what it had not taken would be lost.
  private func closeAfterFlush() {
    state = .closing
    lastActivity = .now()
    guard let context else { return }
    let mode: CloseMode = inbound.readableBytes > 0 || lingers ? .output : .all
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(mode: mode, promise: nil) }
    inbound = ByteBuffer()
    resumeReading()
  }

  func expire(_ now: NIODeadline) {
    let settings = loop.context.settings
    switch state {
    case .head where inbound.readableBytes == 0:
      if isWritable, now - lastActivity > settings.clientIdleTimeout { closeAfterFlush() }
    case .head, .lengthBody, .chunkedBody:
      let allowed = settings.requestReadTimeout + .seconds(Int64((inbound.readableBytes + body.readableBytes) >> 20))
      if isWritable, let requestBeganAt, now - requestBeganAt > allowed {
        refuse(APIError(status: 408, message: "the request did not arrive in time", type: "invalid_request_error"))
      }
    case .responding:
      if let exchange, let requestTimeout, now - exchange.startedAt > requestTimeout { timeOut(exchange) }
    case .closing:
      if isWritable, now - lastActivity > settings.lingerTimeout { close() }
    }
    if let stalledSince, now - stalledSince > settings.clientStallTimeout { close() }
  }

  /// The listener's whole-request timeout has passed.
  private func timeOut(_ exchange: Exchange) {
    let connection = upstream
    upstream = nil
    exchange.release()
    if hasSentHead {
      loop.context.metrics.error(model: exchange.plan.publicModel, reason: "request_timeout").increment()
      account(exchange)
      self.exchange = nil
      state = .closing
      close()
    } else {
      failed(
        exchange, .server("the request took longer than this listener allows", status: 504, code: "request_timeout"),
        reason: "request_timeout")
    }
    connection?.cancel()
  }

  // MARK: Reading a request

  private func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    do throws(HTTPSyntaxError) {
      while try step() {}
    } catch {
      refuse(APIError(status: error.status, message: "\(error)", type: "invalid_request_error"))
    }
  }

  /// One step; false when more bytes or the end of an answer must come first.
  private func step() throws(HTTPSyntaxError) -> Bool {
    switch state {
    case .head:
      // Answers that nobody takes must not pile up.
      guard isWritable else { return false }
      return try readHead()
    case .lengthBody(let length):
      guard inbound.readableBytes >= length, let slice = inbound.readSlice(length: length) else { return false }
      body = slice
      dispatch()
      return true
    case .chunkedBody(var decoder):
      let isComplete = try readChunks(&decoder)
      if case .chunkedBody = state { state = .chunkedBody(decoder) } else { return false }
      guard isComplete else { return false }
      dispatch()
      return true
    case .responding, .closing: return false
    }
  }

  private func readHead() throws(HTTPSyntaxError) -> Bool {
    // A stray empty line between requests is tolerated (RFC 9112 §2.2).
    while inbound.readableBytes >= 2, inbound.getInteger(at: inbound.readerIndex, as: UInt16.self) == 0x0D0A {
      inbound.moveReaderIndex(forwardBy: 2)
    }
    guard inbound.readableBytes > 0 else {
      inbound.clear()
      requestBeganAt = nil
      return false
    }
    let limits = loop.context.settings.httpLimits
    let length = try inbound.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try scanner.headLength(in: bytes, limits: limits)
    }
    guard let length, let slice = inbound.readSlice(length: length) else { return false }
    headBytes = slice
    try slice.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try head.parseRequest(bytes, limits: limits)
    }
    body = ByteBuffer()
    hasSentHead = false
    reencodesChunks = false
    switch head.framing {
    case .none, .untilClose: state = .lengthBody(0)
    case .length(let length):
      guard length <= loop.context.settings.bodyLimit else {
        refuse(tooLarge())
        return false
      }
      state = .lengthBody(length)
      if length > inbound.readableBytes { inbound.reserveCapacity(minimumWritableBytes: min(length, 1 << 20)) }
    case .chunked: state = .chunkedBody(ChunkedDecoder(limits: limits))
    }
    if head.expectsContinue, inbound.readableBytes == 0 {
      context?.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
    return true
  }

  /// Moves payload into ``body``; true when it is complete.
  private func readChunks(_ decoder: inout ChunkedDecoder) throws(HTTPSyntaxError) -> Bool {
    var offset = 0
    var isComplete = false
    var isTooLarge = false
    let limit = loop.context.settings.bodyLimit
    var body = body
    self.body = ByteBuffer()
    try inbound.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      walk: while true {
        switch try decoder.next(bytes, offset: &offset) {
        case .data(let range):
          if body.readableBytes + range.count > limit {
            isTooLarge = true
            break walk
          }
          body.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
        case .needMore: break walk
        case .end:
          isComplete = true
          break walk
        }
      }
    }
    inbound.moveReaderIndex(forwardBy: offset)
    self.body = body
    if isTooLarge {
      refuse(tooLarge())
      return false
    }
    return isComplete
  }

  private func tooLarge() -> APIError {
    .requestTooLarge("the request body is larger than the limit of \(loop.context.settings.bodyLimit) bytes")
  }

  // MARK: Routing it

  private var target: String {
    headBytes.getString(
      at: headBytes.readerIndex + head.targetRange.lowerBound,
      length: head.targetRange.count) ?? "/"
  }

  private func dispatch() {
    state = .responding
    requestBeganAt = nil
    let target = RequestTarget(target)
    switch Endpoint.at(target.path) {
    case .model(let endpoint):
      guard head.method == .post else { return answer(.methodNotAllowed("method not allowed"), allow: "POST") }
      // The engine gets the path in its canonical spelling.
      route(endpoint, target: endpoint.path + target.query)
    case .local(let endpoint):
      guard head.method == .get || head.method == .head else {
        return answer(.methodNotAllowed("method not allowed"), allow: "GET, HEAD")
      }
      answerLocally(endpoint)
    case .unknown: answer(.notFound("endpoint not found"))
    }
  }

  private func route(_ endpoint: ModelEndpoint, target: String) {
    let startedAt = NIODeadline.now()
    let wantsDebug = head.first(.vsrDebug).map { isTrue($0) } ?? false
    let plan: RoutePlan
    do throws(APIError) {
      plan = try planned(endpoint, readsEverything: wantsDebug)
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
    let exchange = Exchange(
      id: RequestID(random: &loop.random), plan: plan,
      placements: loop.snapshot.fleet.model(named: plan.model)?.placements(for: plan.adapter) ?? [], body: body,
      target: target, startedAt: startedAt,
      wantsDebugHeaders: wantsDebug, client: self)
    self.exchange = exchange
    body = ByteBuffer()
    loop.metrics(ofModel: plan.publicModel).requests.increment()
    attempt(exchange)
  }

  private func planned(_ endpoint: ModelEndpoint, readsEverything: Bool) throws(APIError) -> RoutePlan {
    try body.withUnsafeReadableBytes { (bytes) throws(APIError) in
      try loop.context.pipeline.plan(
        body: bytes, endpoint: endpoint, snapshot: loop.snapshot,
        options: .init(
          readsEverything: readsEverything, skipsProcessing: head.first(.vsrSkipProcessing).map { isTrue($0) } ?? false)
      )
    }
  }

  /// Picks a replica and sends the request to it.
  private func attempt(_ exchange: Exchange) {
    let placements = exchange.placements
    guard !placements.isEmpty else {
      return failed(
        exchange, .server("model \"\(exchange.plan.model)\" has no backend", status: 503, code: "no_backend"),
        reason: "no_backend")
    }
    guard
      let index = ReplicaPicker.pick(among: placements, excluding: exchange.tried, random: &loop.random)
    else {
      if let error = exchange.lastFailure { return failed(exchange, error.error, reason: error.reason) }
      return failed(
        exchange,
        .server(
          "no replica of model \"\(exchange.plan.model)\" is ready\(Self.failures(placements))", status: 503,
          code: "no_replica"),
        reason: "no_replica")
    }
    let placement = placements[index]
    exchange.count(on: placement)
    exchange.attempts += 1
    if !exchange.needsFreshConnection, let connection = loop.takeIdle(placement.replica) {
      send(exchange, placement, over: connection)
    } else {
      loop.connect(placement.replica) { [weak self] result in
        guard let self, self.exchange === exchange else {
          // The client left meanwhile; its counters are released already.
          if case .success(let connection) = result { connection.close() }
          return
        }
        switch result {
        case .success(let connection): self.send(exchange, placement, over: connection)
        case .failure(let error): self.upstreamFailed(exchange, .cannotConnect(error), wasReused: false)
        }
      }
    }
  }

  /// Why the first few replicas are failing, as the end of a sentence.
  private static func failures(_ placements: [Placement]) -> String {
    let reasons = placements.prefix(3).compactMap { placement in
      placement.replica.health.lastFailure.map { "\(placement.name): \($0)" }
    }
    return reasons.isEmpty ? "" : " (" + reasons.joined(separator: "; ") + ")"
  }

  private func send(_ exchange: Exchange, _ placement: Placement, over connection: UpstreamConnection) {
    guard let context else { return }
    upstream = connection
    connection.send(
      exchange,
      UpstreamRequest.pieces(
        exchange, to: placement, clientHead: head, clientHeadBytes: headBytes, allocator: context.channel.allocator),
      now: .now())
  }

  // MARK: From the engine

  /// Whether the client takes more bytes at the moment.
  var takesBytes: Bool { isWritable }
  /// Whether the engine's chunk framing may pass to the client as it is.
  var takesChunks: Bool { head.minorVersion == 1 }

  /// Whether an engine's answer that it cannot serve (502, 503, 504) is better thrown away for another replica's.
  func wantsAnother(_ exchange: Exchange, insteadOf status: Int) -> Bool {
    guard (502...504).contains(status), self.exchange === exchange,
      exchange.attempts < loop.context.settings.attemptLimit, let placement = exchange.placement
    else { return false }
    var tried = exchange.tried
    tried.insert(placement.replica.id)
    return ReplicaPicker.hasCandidate(among: exchange.placements, excluding: tried)
  }

  func upstreamHead(_ exchange: Exchange, _ answer: MessageHead, _ answerBytes: ByteBuffer) {
    guard self.exchange === exchange, let context else { return }
    exchange.status = answer.status
    exchange.firstByteAt = .now()
    exchange.body = ByteBuffer()
    let isSuccess = (200..<300).contains(answer.status)
    var buffer = context.channel.allocator.buffer(capacity: 1024)
    // The status line's own reason, whatever the engine's minor version.
    buffer.writeStaticString("HTTP/1.1 ")
    if let line = statusText(answerBytes) { buffer.writeImmutableBuffer(line) }
    buffer.writeStaticString("\r\n")
    ForwardedFields.copy(answer, from: answerBytes, to: &buffer) { field, _ in
      field.name != .requestID && field.name != .routerRequestID && field.name != .xVSR
    }
    writeIdentity(exchange, to: &buffer)
    RouteHeaders.forEach(exchange.plan, isSuccess: isSuccess, withDebug: exchange.wantsDebugHeaders) { name, value in
      ForwardedFields.write(name, value, to: &buffer)
    }
    switch answer.framing {
    case .chunked where takesChunks: buffer.writeStaticString("transfer-encoding: chunked\r\n")
    case .untilClose where takesChunks:
      buffer.writeStaticString("transfer-encoding: chunked\r\n")
      reencodesChunks = true
    case .chunked, .untilClose: closesAfterAnswer = true
    case .none, .length: break
    }
    if !keepsConnection {
      buffer.writeStaticString("connection: close\r\n")
    } else if head.minorVersion == 0 {
      buffer.writeStaticString("connection: keep-alive\r\n")
    }
    buffer.writeStaticString("\r\n")
    hasSentHead = true
    context.write(wrapOutboundOut(buffer), promise: nil)
  }

  func upstreamBody(_ exchange: Exchange, _ bytes: ByteBuffer) {
    guard self.exchange === exchange, let context, bytes.readableBytes > 0 else { return }
    exchange.responseBytes += bytes.readableBytes
    if reencodesChunks {
      var size = context.channel.allocator.buffer(capacity: 20)
      size.writeString(String(bytes.readableBytes, radix: 16))
      size.writeStaticString("\r\n")
      context.write(wrapOutboundOut(size), promise: nil)
      context.write(wrapOutboundOut(bytes), promise: nil)
      context.write(wrapOutboundOut(ByteBuffer(staticString: "\r\n")), promise: nil)
    } else {
      context.write(wrapOutboundOut(bytes), promise: nil)
    }
  }

  func flush() { context?.flush() }

  func upstreamEnded(_ exchange: Exchange) {
    guard self.exchange === exchange else { return }
    if reencodesChunks { context?.write(wrapOutboundOut(ByteBuffer(staticString: "0\r\n\r\n")), promise: nil) }
    exchange.release()
    account(exchange)
    self.exchange = nil
    upstream = nil
    answered()
  }

  func upstreamFailed(_ exchange: Exchange, _ failure: UpstreamFailure, wasReused: Bool) {
    guard self.exchange === exchange else { return }
    exchange.release()
    upstream = nil
    let replica = exchange.placement?.replica
    if hasSentHead {
      // The answer has begun: nothing can be taken back, so the client learns by the connection's end.
      noteFailure(failure, of: replica)
      loop.context.metrics.error(model: exchange.plan.publicModel, reason: failure.reason).increment()
      account(exchange)
      self.exchange = nil
      state = .closing
      context?.flush()
      close()
      return
    }
    // A kept connection that the engine closed at the same moment says nothing about its health, and the engine never
    // saw the request: it is sent again over a new connection and not counted as an attempt.
    if wasReused {
      exchange.needsFreshConnection = true
      exchange.attempts -= 1
    } else if let replica {
      noteFailure(failure, of: replica)
      exchange.tried.insert(replica.id)
    }
    let mayRetry: Bool =
      switch failure {
      case .cannotConnect, .closed, .badAnswer, .refused: true
      case .firstByteTimedOut, .streamTimedOut: false
      }
    let status = if case .firstByteTimedOut = failure { 504 } else { 502 }
    let error = APIError.server(
      "model \"\(exchange.plan.model)\": replica \(exchange.placement?.name ?? "?") failed: \(failure)", status: status,
      code: "upstream_\(failure.reason)")
    if mayRetry, exchange.attempts < loop.context.settings.attemptLimit {
      loop.context.metrics.retries.increment()
      exchange.lastFailure = (error, failure.reason)
      attempt(exchange)
    } else {
      failed(exchange, error, reason: failure.reason)
    }
  }

  private func noteFailure(_ failure: UpstreamFailure, of replica: Replica?) {
    guard let replica else { return }
    // An engine that says it is busy is alive; whether it is healthy, its probe tells.
    if case .refused = failure { return }
    if replica.health.handle(.requestFailed(reason: "\(failure)")) != nil { loop.context.onHealthChange(replica) }
  }

  // MARK: Answers of our own

  private func failed(_ exchange: Exchange, _ error: APIError, reason: String) {
    loop.context.metrics.error(model: exchange.plan.publicModel, reason: reason).increment()
    exchange.status = error.status
    account(exchange)
    self.exchange = nil
    write(status: error.status, contentType: "application/json", body: ByteBuffer(bytes: error.body), id: exchange.id)
    answered()
  }

  /// Answers a request that was not routed.
  private func answer(_ error: APIError, allow: StaticString? = nil, requestedModel: String = "") {
    let id = RequestID(random: &loop.random)
    write(
      status: error.status, contentType: "application/json", body: ByteBuffer(bytes: error.body), id: id, allow: allow)
    loop.countAnswer(error.status)
    log(
      AccessLogBuffer.Entry(
        method: head.method.name, path: head.targetRange.isEmpty ? "" : RequestTarget(target).path,
        requestedModel: requestedModel, model: "", decision: "", replica: "", status: error.status, attempts: 0,
        milliseconds: 0,
        firstByteMilliseconds: 0, requestBytes: body.readableBytes, responseBytes: error.body.count), id: id)
    answered()
  }

  /// Answers a request that cannot be read to its end, and closes.
  private func refuse(_ error: APIError) {
    guard case .closing = state else {
      closesAfterAnswer = true
      lingers = true
      state = .responding
      head.resetForRefusal()
      return answer(error)
    }
  }

  private func answerLocally(_ endpoint: LocalEndpoint) {
    let answer = LocalAnswer.make(endpoint, snapshot: loop.snapshot, context: loop.context, isDraining: loop.isDraining)
    write(
      status: answer.status, contentType: answer.contentType, body: ByteBuffer(bytes: answer.body),
      id: RequestID(random: &loop.random))
    answered()
  }

  private func write(
    status: Int, contentType: StaticString, body: ByteBuffer, id: RequestID, allow: StaticString? = nil
  ) {
    guard let context else { return }
    var buffer = context.channel.allocator.buffer(capacity: 512 + body.readableBytes)
    buffer.writeStaticString("HTTP/1.1 ")
    buffer.writeString("\(status) \(Reason.phrase(status))\r\ncontent-type: ")
    buffer.writeStaticString(contentType)
    buffer.writeString("\r\ncontent-length: \(body.readableBytes)\r\n")
    buffer.writeStaticString("request-id: ")
    id.write(to: &buffer)
    buffer.writeStaticString("\r\nx-request-id: ")
    writeClientRequestID(else: id, to: &buffer)
    buffer.writeStaticString("\r\n")
    if let allow {
      buffer.writeStaticString("allow: ")
      buffer.writeStaticString(allow)
      buffer.writeStaticString("\r\n")
    }
    if status >= 400 { buffer.writeStaticString("x-vsr-schema-version: 2\r\nx-vsr-response-path: error\r\n") }
    if !keepsConnection {
      buffer.writeStaticString("connection: close\r\n")
    } else if head.minorVersion == 0 {
      buffer.writeStaticString("connection: keep-alive\r\n")
    }
    buffer.writeStaticString("\r\n")
    if head.method != .head { buffer.writeImmutableBuffer(body) }
    context.write(wrapOutboundOut(buffer), promise: nil)
  }

  private var closesAfterAnswer = false
  /// The client may still be sending what nobody will read.
  private var lingers = false
  private var keepsConnection: Bool { head.keepsAlive && !closesAfterAnswer && !loop.isDraining }

  /// The answer is written whole: on to the next request, or the end.
  private func answered() {
    lastActivity = .now()
    guard let context else { return }
    if keepsConnection {
      state = .head
      headBytes = ByteBuffer()
      requestBeganAt = inbound.readableBytes > 0 ? lastActivity : nil
      context.flush()
      process()
      resumeReading()
    } else {
      closeAfterFlush()
    }
  }

  // MARK: Identity and accounts

  private func writeIdentity(_ exchange: Exchange, to buffer: inout ByteBuffer) {
    buffer.writeStaticString("x-went-into-req-headers: true\r\nrequest-id: ")
    exchange.id.write(to: &buffer)
    buffer.writeStaticString("\r\nx-request-id: ")
    writeRequestID(exchange, to: &buffer)
    buffer.writeStaticString("\r\n")
  }

  /// The client's own id where it sent a usable one, else ours.
  func writeRequestID(_ exchange: Exchange, to buffer: inout ByteBuffer) {
    writeClientRequestID(else: exchange.id, to: &buffer)
  }

  private func writeClientRequestID(else id: RequestID, to buffer: inout ByteBuffer) {
    if let field = head.first(.requestID), field.valueCount > 0, field.valueCount <= 128,
      let value = headBytes.getSlice(
        at: headBytes.readerIndex + field.valueRange.lowerBound, length: field.valueRange.count)
    {
      buffer.writeImmutableBuffer(value)
    } else {
      id.write(to: &buffer)
    }
  }

  private func isTrue(_ field: MessageHead.Field) -> Bool {
    headBytes.getString(at: headBytes.readerIndex + field.valueRange.lowerBound, length: field.valueRange.count)?
      .lowercased() == "true"
  }

  /// `NNN reason` of a status line.
  private func statusText(_ bytes: ByteBuffer) -> ByteBuffer? {
    bytes.withUnsafeReadableBytes { $0.firstIndex(of: 0x0D) }.flatMap { end in
      bytes.getSlice(at: bytes.readerIndex + 9, length: end - 9)
    }
  }

  private func account(_ exchange: Exchange) {
    let now = NIODeadline.now()
    let metrics = loop.metrics(ofModel: exchange.plan.publicModel)
    let total = now - exchange.startedAt
    let first = (exchange.firstByteAt ?? now) - exchange.startedAt
    metrics.latency.observe(nanoseconds: UInt64(max(0, total.nanoseconds)))
    if exchange.firstByteAt != nil { metrics.timeToFirstByte.observe(nanoseconds: UInt64(max(0, first.nanoseconds))) }
    loop.countAnswer(exchange.status)
    log(
      AccessLogBuffer.Entry(
        method: "POST", path: exchange.plan.facts.endpoint.path, requestedModel: exchange.plan.facts.model,
        model: exchange.plan.publicModel, decision: exchange.plan.selection?.decision ?? "",
        replica: exchange.placement?.name ?? "", status: exchange.status, attempts: exchange.attempts,
        milliseconds: Double(total.nanoseconds) / 1e6, firstByteMilliseconds: Double(first.nanoseconds) / 1e6,
        requestBytes: exchange.plan.facts.bodyLength, responseBytes: exchange.responseBytes), id: exchange.id)
  }

  private func log(_ entry: AccessLogBuffer.Entry, id: RequestID) {
    loop.logged { log in
      log.append(entry) { bytes in
        var text = ByteBuffer()
        id.write(to: &text)
        bytes.append(contentsOf: text.readableBytesView)
      }
    }
  }
}
