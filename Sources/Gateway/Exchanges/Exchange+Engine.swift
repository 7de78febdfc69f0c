import Balancing
import ChatProtocols
import Fleet
import HTTPWire
import NIOCore
import Pipeline

/// Sending the request, and what engines answer.
extension Exchange {
  /// Picks a replica and sends the request to it.
  func makeAttempt() {
    guard let plan else { return }
    guard !placements.isEmpty else {
      return failed(
        .server("model \"\(plan.model)\" has no backend", status: 503, code: "no_backend"), reason: "no_backend")
    }
    guard let index = ReplicaPicker.pick(among: placements, excluding: tried, random: &loop.random) else {
      if let lastFailure { return failed(lastFailure.error, reason: lastFailure.reason) }
      return failed(
        .server(
          "no replica of model \"\(plan.model)\" is ready\(Self.failures(placements))", status: 503,
          code: "no_replica"),
        reason: "no_replica")
    }
    let attempt = Attempt(self, on: placements[index])
    self.attempt = attempt
    placement = attempt.placement
    attempts += 1
    if !needsFreshConnection, let connection = loop.takeIdle(attempt.placement.replica) {
      send(attempt, over: connection)
    } else {
      loop.connect(attempt.placement.replica) { [self] result in
        guard self.attempt === attempt else {
          // The client left meanwhile; its counters are released already.
          if case .success(let connection) = result { connection.close() }
          return
        }
        switch result {
        case .success(let connection): send(attempt, over: connection)
        case .failure(let error): engineFailed(attempt, .cannotConnect(error), wasReused: false)
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

  private func send(_ attempt: Attempt, over connection: UpstreamConnection) {
    attempt.connection = connection
    connection.send(attempt, UpstreamRequest.pieces(self, to: attempt.placement), now: .now())
  }

  func endAttempts() {
    attempt?.cancel()
    attempt = nil
  }

  // MARK: From the engine

  /// Whether an engine's answer that it cannot serve (502, 503, 504) is better thrown away for another replica's.
  func wantsAnother(_ attempt: Attempt, insteadOf status: Int) -> Bool {
    guard (502...504).contains(status), self.attempt === attempt, attempts < loop.context.settings.attemptLimit
    else { return false }
    var tried = tried
    tried.insert(attempt.placement.replica.id)
    return ReplicaPicker.hasCandidate(among: placements, excluding: tried)
  }

  func engineHead(_ attempt: Attempt, _ answer: MessageHead, _ bytes: ByteBuffer) {
    guard self.attempt === attempt, let plan else { return }
    status = answer.status
    firstByteAt = .now()
    body = ByteBuffer()
    var buffer = client.allocator.buffer(capacity: 1024)
    bytes.withUnsafeReadableBytes { bytes in
      // The status line's own reason, whatever the engine's minor version.
      buffer.writeStaticString("HTTP/1.1 ")
      if let end = bytes.firstIndex(of: 0x0D) {
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[9..<end]))
      }
      isEventStream = answer.first(.contentType).map { Self.isEventStream(bytes, $0.valueRange) } ?? false
    }
    buffer.writeStaticString("\r\n")
    ForwardedFields.copy(answer, from: bytes, to: &buffer) { field, _ in
      field.name != .requestID && field.name != .routerRequestID && field.name != .xVSR
    }
    writeIdentity(to: &buffer, goesToEngine: true)
    RouteHeaders.forEach(plan, isSuccess: (200..<300).contains(status), withDebug: wantsDebugHeaders) { name, value in
      ForwardedFields.write(name, value, to: &buffer)
    }
    let framing: AnswerFraming =
      switch answer.framing {
      case .none: .none
      case .length: .length
      case .chunked: client.takesChunkFraming ? .chunksAsTheyAre : .unknownLength
      case .untilClose: .unknownLength
      }
    phase = .answering
    answerFraming = framing
    client.writeHead(&buffer, status: status, framing: framing, body: nil)
  }

  private static func isEventStream(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    let type: StaticString = "text/event-stream"
    guard range.count >= type.utf8CodeUnitCount else { return false }
    for index in 0..<type.utf8CodeUnitCount
    where bytes[range.lowerBound + index] | 0x20 != type.utf8Start[index] | 0x20 { return false }
    return true
  }

  func engineBody(_ attempt: Attempt, _ bytes: ByteBuffer) {
    guard self.attempt === attempt, bytes.readableBytes > 0 else { return }
    responseBytes += bytes.readableBytes
    client.writeBody(bytes)
  }

  func engineEnded(_ attempt: Attempt) {
    guard self.attempt === attempt else { return }
    attempt.release()
    self.attempt = nil
    phase = .ended
    account()
    client.finish()
  }

  func engineFailed(_ attempt: Attempt, _ failure: UpstreamFailure, wasReused: Bool) {
    guard self.attempt === attempt, let plan else { return }
    attempt.release()
    attempt.connection = nil
    self.attempt = nil
    let replica = attempt.placement.replica
    if phase == .answering {
      noteFailure(failure, of: replica)
      return breakOff(failure, isBetweenChunks: attempt.isBetweenChunks)
    }
    // A kept connection that the engine closed at the same moment says nothing about its health, and the engine never
    // saw the request: it is sent again over a new connection and not counted as an attempt.
    if wasReused {
      needsFreshConnection = true
      attempts -= 1
    } else {
      noteFailure(failure, of: replica)
      tried.insert(replica.id)
    }
    let mayRetry: Bool =
      switch failure {
      case .cannotConnect, .closed, .badAnswer, .refused: true
      case .firstByteTimedOut, .streamTimedOut: false
      }
    let status = if case .firstByteTimedOut = failure { 504 } else { 502 }
    let error = APIError.server(
      "model \"\(plan.model)\": replica \(attempt.placement.name) failed: \(failure)", status: status,
      code: "upstream_\(failure.reason)")
    if mayRetry, attempts < loop.context.settings.attemptLimit {
      loop.context.metrics.retries.increment()
      lastFailure = (error, failure.reason)
      makeAttempt()
    } else {
      failed(error, reason: failure.reason)
    }
  }

  /// An answer that has begun comes to no end: nothing can be taken back, so the client is told where it stands. An
  /// event stream ends with an event that tells the error; any other body by the end of the connection or stream.
  func breakOff(_ failure: UpstreamFailure, isBetweenChunks: Bool) {
    let model = plan?.publicModel ?? ""
    loop.context.metrics.error(model: model, reason: failure.reason).increment()
    loop.context.metrics.brokenAnswers(model: model).increment()
    phase = .ended
    account()
    let mayAppend = answerFraming == .unknownLength || (answerFraming == .chunksAsTheyAre && isBetweenChunks)
    guard isEventStream, mayAppend else { return client.abort() }
    let error = APIError.server(
      "the answer of replica \(placement?.name ?? "?") broke off: \(failure)", status: 502,
      code: "upstream_\(failure.reason)")
    var event = client.allocator.buffer(capacity: 256)
    // An event that was cut ends here; after a whole one the empty lines mean nothing.
    event.writeStaticString("\n\ndata: ")
    event.writeBytes(error.body)
    event.writeStaticString("\n\n")
    if answerFraming == .chunksAsTheyAre {
      let length = event.readableBytes
      var chunk = client.allocator.buffer(capacity: length + 24)
      chunk.writeString(String(length, radix: 16))
      chunk.writeStaticString("\r\n")
      chunk.writeImmutableBuffer(event)
      chunk.writeStaticString("\r\n0\r\n\r\n")
      client.writeBody(chunk)
    } else {
      client.writeBody(event)
    }
    client.finish()
  }

  private func noteFailure(_ failure: UpstreamFailure, of replica: Replica) {
    // An engine that says it is busy is alive; whether it is healthy, its probe tells.
    if case .refused = failure { return }
    if replica.health.handle(.requestFailed(reason: "\(failure)")) != nil { loop.context.onHealthChange(replica) }
  }
}
