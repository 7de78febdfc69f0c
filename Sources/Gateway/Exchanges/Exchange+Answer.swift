import ChatProtocols
import HTTPWire
import NIOCore
import Pipeline

/// Answers of our own, and the accounts of all.
extension Exchange {
  /// Whatever makes the gateway say 503 is over soon, or so it hopes.
  private func askForRetry(_ error: APIError) {
    if error.status == 503, retryAfter == 0 { retryAfter = 1 }
  }

  /// Answers a routed request that no engine serves.
  func failed(_ error: APIError, reason: String) {
    askForRetry(error)
    loop.context.metrics.error(model: publicModel, reason: reason).increment()
    status = error.status
    conclude()
    account()
    errorMark = errorMark ?? error.mark
    write(status: error.status, contentType: "application/json", body: ByteBuffer(bytes: errorBody ?? error.body))
    client.finish()
  }

  /// Answers a request that was not routed.
  func answer(_ error: APIError, allow: String? = nil) {
    askForRetry(error)
    conclude()
    let body = errorBody ?? error.body
    errorMark = errorMark ?? error.mark
    write(status: error.status, contentType: "application/json", body: ByteBuffer(bytes: body), allow: allow)
    logLocally(status: error.status, bytes: body.count)
    client.finish()
  }

  /// Answers a request that a decision has the router itself answer.
  func answer(_ own: RouterAnswer, _ plan: RoutePlan) {
    conclude()
    write(
      status: own.status, contentType: own.isEventStream ? "text/event-stream" : "application/json",
      body: ByteBuffer(bytes: own.body), plan: plan)
    logLocally(status: own.status, bytes: own.body.count)
    client.finish()
  }

  /// Counts and logs an answer of our own to a request that was not routed.
  func logLocally(status: Int, bytes: Int) {
    loop.accounts.countAnswer(status)
    let milliseconds = Double(max(0, (loop.time - startedAt).nanoseconds)) / 1e6
    log(
      AccessLogBuffer.Entry(
        method: head.method.name, path: head.targetRange.isEmpty ? "" : RequestTarget(text(head.targetRange)).path,
        requestedModel: requestedModel, model: "", decision: decision, replica: "", status: status, attempts: 0,
        milliseconds: milliseconds, firstByteMilliseconds: milliseconds, requestBytes: bodyBytes, responseBytes: bytes))
  }

  func write(
    status: Int, contentType: StaticString, body: ByteBuffer, allow: String? = nil, plan: RoutePlan? = nil
  ) {
    let text = loop.text
    text.clear()
    text.writeStaticString("HTTP/1.1 ")
    text.writeString("\(status) \(ReasonPhrase.of(status))\r\ncontent-type: ")
    text.writeStaticString(contentType)
    text.writeString("\r\ncontent-length: \(body.readableBytes)\r\n")
    writeIdentity(to: text, goesToEngine: false)
    if let allow { text.writeField("allow", allow) }
    if retryAfter > 0 { text.writeString("retry-after: \(retryAfter)\r\n") }
    writeCrossOrigin(to: text)
    if let errorMark { text.writeField(errorMark.field, errorMark.value) }
    if let plan {
      RouteHeaders.forEachOfOwnAnswer(plan, withDebug: wantsDebugHeaders) { text.writeField($0, $1) }
    } else if status >= 400 {
      text.writeStaticString("x-vsr-schema-version: 2\r\nx-vsr-response-path: ")
      text.writeStaticString(status == 429 ? "rate_limited\r\n" : "error\r\n")
    }
    var buffer = answerHead(withRoomFor: body.readableBytes)
    client.writeHead(&buffer, status: status, framing: .length, body: head.method == .head ? ByteBuffer() : body)
  }

  /// The head that was put together in the loop's text, with room for what the client's side adds.
  func answerHead(withRoomFor more: Int) -> ByteBuffer {
    var buffer = client.allocator.buffer(capacity: loop.text.count + 128 + more)
    buffer.writeBytes(loop.text.bytes)
    return buffer
  }

  // MARK: Preflights and OPTIONS

  func answerOptions() {
    let methods: String
    switch endpoint {
    case .model: methods = "POST, OPTIONS"
    case .local: methods = "GET, HEAD, OPTIONS"
    case .passedThrough(let row): methods = row.methods.allow + ", OPTIONS"
    case .notAllowed(let allowed): methods = allowed.allow + ", OPTIONS"
    case .unknown:
      guard text(head.targetRange) == "*" else { return answer(.notFound("endpoint not found")) }
      methods = "GET, HEAD, POST, OPTIONS"
    }
    conclude()
    let text = loop.text
    text.clear()
    text.writeStaticString("HTTP/1.1 204 No Content\r\n")
    text.writeField("allow", methods)
    writeIdentity(to: text, goesToEngine: false)
    writeCrossOrigin(to: text)
    if let cors = listener.cors, let field = head.first(.origin),
      fieldValue(named: "access-control-request-method") != nil,
      CrossOrigin.allows(self.text(field.valueRange), cors)
    {
      CrossOrigin.writePreflightLines(cors, asked: fieldValue(named: "access-control-request-headers"), to: text)
    }
    loop.accounts.countAnswer(204)
    var buffer = answerHead(withRoomFor: 0)
    client.writeHead(&buffer, status: 204, framing: .none, body: nil)
    client.finish()
  }

  /// The lines that let scripts of other origins read the answer, where the listener has a policy.
  func writeCrossOrigin(to buffer: TextWriter) {
    guard let cors = listener.cors, let field = head.first(.origin) else { return }
    CrossOrigin.writeAnswerLines(cors, origin: text(field.valueRange), to: buffer)
  }

  // MARK: Identity and accounts

  func writeIdentity(to buffer: TextWriter, goesToEngine: Bool) {
    if goesToEngine {
      buffer.writeStaticString("x-went-into-req-headers: true\r\n")
    } else {
      // An engine's answer has its own.
      buffer.writeBytes(loop.date.bytes(at: loop.context.wallClock()))
    }
    buffer.writeStaticString("request-id: ")
    buffer.write(id)
    buffer.writeStaticString("\r\nx-request-id: ")
    writeRequestID(to: buffer)
    buffer.writeStaticString("\r\n")
  }

  /// The client's own id where it sent a usable one, else ours.
  func writeRequestID(to buffer: TextWriter) {
    if let field = head.first(.requestID), field.valueCount > 0, field.valueCount <= 128 {
      headBytes.withUnsafeReadableBytes { bytes in
        guard field.valueRange.upperBound <= bytes.count else { return }
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[field.valueRange]))
      }
    } else {
      buffer.write(id)
    }
  }

  /// Metrics, the user's tokens and the access log, once a routed request.
  func account() {
    guard let metrics = modelCounters else { return }
    if let user {
      let tokens = user.tokens(told: facts, isWhole: brokenBy == nil)
      if tokens > 0 { loop.context.limits.charge(tokens: tokens, to: user.name) }
    }
    let now = loop.time
    let total = now - startedAt
    let first = (firstByteAt ?? now) - startedAt
    metrics.latency.observe(nanoseconds: UInt64(max(0, total.nanoseconds)))
    if firstByteAt != nil { metrics.timeToFirstByte.observe(nanoseconds: UInt64(max(0, first.nanoseconds))) }
    loop.accounts.countAnswer(status)
    log(
      AccessLogBuffer.Entry(
        method: head.method.name, path: accountedPath, requestedModel: requestedModel, model: publicModel,
        decision: decision,
        replica: placement?.name ?? "", strategy: strategy, prefill: legs?.span, facts: facts, status: status,
        broken: brokenBy,
        attempts: attempts.attempts,
        milliseconds: Double(total.nanoseconds) / 1e6, firstByteMilliseconds: Double(first.nanoseconds) / 1e6,
        requestBytes: bodyBytes, responseBytes: responseBytes,
        prompt: promptMark))
  }

  var accountedPath: String {
    if case .model(let endpoint) = endpoint { endpoint.path } else { RequestTarget(target).path }
  }

  private func log(_ entry: @autoclosure () -> AccessLogBuffer.Entry) { loop.accounts.log(entry(), id: id) }
}
