import ChatProtocols
import HTTPWire
import NIOCore
import Pipeline

/// Answers of our own, and the accounts of all.
extension Exchange {
  /// Answers a routed request that no engine serves.
  func failed(_ error: APIError, reason: String) {
    loop.context.metrics.error(model: plan?.publicModel ?? "", reason: reason).increment()
    status = error.status
    phase = .ended
    account()
    write(status: error.status, contentType: "application/json", body: ByteBuffer(bytes: error.body))
    client.finish()
  }

  /// Answers a request that was not routed.
  func answer(_ error: APIError, allow: StaticString? = nil, requestedModel: String = "") {
    phase = .ended
    write(status: error.status, contentType: "application/json", body: ByteBuffer(bytes: error.body), allow: allow)
    loop.countAnswer(error.status)
    log(
      AccessLogBuffer.Entry(
        method: head.method.name, path: head.targetRange.isEmpty ? "" : RequestTarget(text(head.targetRange)).path,
        requestedModel: requestedModel, model: "", decision: "", replica: "", status: error.status, attempts: 0,
        milliseconds: 0,
        firstByteMilliseconds: 0, requestBytes: bodyBytes, responseBytes: error.body.count))
    client.finish()
  }

  func write(status: Int, contentType: StaticString, body: ByteBuffer, allow: StaticString? = nil) {
    var buffer = client.allocator.buffer(capacity: 512 + body.readableBytes)
    buffer.writeStaticString("HTTP/1.1 ")
    buffer.writeString("\(status) \(Reason.phrase(status))\r\ncontent-type: ")
    buffer.writeStaticString(contentType)
    buffer.writeString("\r\ncontent-length: \(body.readableBytes)\r\n")
    writeIdentity(to: &buffer, goesToEngine: false)
    if let allow {
      buffer.writeStaticString("allow: ")
      buffer.writeStaticString(allow)
      buffer.writeStaticString("\r\n")
    }
    if status >= 400 { buffer.writeStaticString("x-vsr-schema-version: 2\r\nx-vsr-response-path: error\r\n") }
    client.writeHead(&buffer, status: status, framing: .length, body: head.method == .head ? ByteBuffer() : body)
  }

  // MARK: Identity and accounts

  func writeIdentity(to buffer: inout ByteBuffer, goesToEngine: Bool) {
    if goesToEngine { buffer.writeStaticString("x-went-into-req-headers: true\r\n") }
    buffer.writeStaticString("request-id: ")
    id.write(to: &buffer)
    buffer.writeStaticString("\r\nx-request-id: ")
    writeRequestID(to: &buffer)
    buffer.writeStaticString("\r\n")
  }

  /// The client's own id where it sent a usable one, else ours.
  func writeRequestID(to buffer: inout ByteBuffer) {
    if let field = head.first(.requestID), field.valueCount > 0, field.valueCount <= 128,
      let value = headBytes.getSlice(
        at: headBytes.readerIndex + field.valueRange.lowerBound, length: field.valueRange.count)
    {
      buffer.writeImmutableBuffer(value)
    } else {
      id.write(to: &buffer)
    }
  }

  /// Metrics and the access log, once a routed request.
  func account() {
    guard let plan else { return }
    let now = NIODeadline.now()
    let metrics = loop.metrics(ofModel: plan.publicModel)
    let total = now - startedAt
    let first = (firstByteAt ?? now) - startedAt
    metrics.latency.observe(nanoseconds: UInt64(max(0, total.nanoseconds)))
    if firstByteAt != nil { metrics.timeToFirstByte.observe(nanoseconds: UInt64(max(0, first.nanoseconds))) }
    loop.countAnswer(status)
    log(
      AccessLogBuffer.Entry(
        method: "POST", path: plan.facts.endpoint.path, requestedModel: plan.facts.model,
        model: plan.publicModel, decision: plan.selection?.decision ?? "",
        replica: placement?.name ?? "", status: status, attempts: attempts,
        milliseconds: Double(total.nanoseconds) / 1e6, firstByteMilliseconds: Double(first.nanoseconds) / 1e6,
        requestBytes: plan.facts.bodyLength, responseBytes: responseBytes))
  }

  private func log(_ entry: AccessLogBuffer.Entry) {
    loop.logged { log in
      log.append(entry) { bytes in
        var text = ByteBuffer()
        id.write(to: &text)
        bytes.append(contentsOf: text.readableBytesView)
      }
    }
  }
}
