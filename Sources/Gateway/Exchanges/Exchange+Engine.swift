import Balancing
import ChatProtocols
import Fleet
import HTTPWire
import NIOCore
import Pipeline
import Reliability

/// Sending the request, and what engines answer.
extension Exchange {
  /// Picks a replica and sends the request to it.
  func makeAttempt() {
    if let model, model.model.hasPairs, beginPair() { return }
    legs?.leave()
    guard let choice = choose() else { return }
    guard let index = choice.choice.index else {
      // It went to no replica, so it does not count among the model's of this second.
      if attempts.attempts == 0 { loop.context.limits.takeBack(rateCharge) }
      if choice.choice.outcome == .allFull { return refused(.allFull) }
      if let lastFailure {
        retryAfter = lastFailure.retryAfter
        return failed(lastFailure.error, reason: lastFailure.reason)
      }
      return refused(placements.isEmpty ? .noPair : .noneReady)
    }
    let attempt = begin(on: placements[index], choice)
    self.attempt = attempt
    placement = attempt.placement
    if !waitsForAdapter(attempt) { attempt.pool.lease(attempt) }
  }

  /// Chooses a replica and counts the request on it.
  func choose() -> ReplicaChooser.Choice? {
    guard let model, let wish else { return nil }
    defer { markPrompt() }
    return body.withUnsafeReadableBytes { bytes in
      loop.chooser.choose(
        among: placements, by: wish, of: model.balancing,
        prompt: prompt(bytes), adapter: adapter, loads: adapterSource != nil,
        residency: residency,
        excluding: triedWhole,
        now: loop.now, random: &loop.random)
    }
  }

  /// Remembers for the log what prompt the replica was chosen for.
  func markPrompt() {
    if loop.context.logsPrefixes, promptMark == nil { promptMark = loop.chooser.lastPrompt }
  }

  /// The prompt, where it was read.
  private func prompt(_ bytes: UnsafeRawBufferPointer) -> PromptOfBody? {
    if let plan { return PromptOfBody(plan: plan, body: bytes) }
    return upload?.prompt.map { PromptOfBody(passed: $0, body: bytes) }
  }

  func begin(on placement: Placement, _ choice: ReplicaChooser.Choice) -> Attempt {
    tried.insert(placement.replica.id)
    attempts.attemptBegan()
    loop.accounts.count(choice.choice)
    strategy = choice.choice.decided
    return Attempt(
      id: loop.nextAttemptID(), self, on: placement, pool: loop.pool(placement.replica),
      account: AttemptAccount(choice, on: placement.replica))
  }

  /// No replica takes the request.
  func refused(_ refusal: ReplicaRefusal) {
    retryAfter = refusal.retryAfter
    let all = refusal == .noPair ? pairedPlacements : placements
    failed(refusal.error(model: publicModel, placements: all), reason: refusal.rawValue)
  }

  /// A connection for an attempt is there.
  func connected(_ attempt: Attempt, _ connection: UpstreamConnection) {
    guard isCurrent(attempt) else { return prefillConnected(attempt, connection) }
    attempt.connection = connection
    connection.send(
      attempt, UpstreamRequest.pieces(self, to: attempt.placement), isComplete: upload?.isComplete ?? true)
    guard upload != nil, isCurrent(attempt) else { return }
    heldBodyIsSent(over: connection)
    client.resumeUpload()
  }

  func isCurrent(_ attempt: Attempt) -> Bool { self.attempt === attempt || hedge === attempt }

  func endAttempts() {
    attempt?.cancel()
    hedge?.cancel()
    attempt = nil
    hedge = nil
  }

  /// The attempt is over; the other, if there is one, becomes the first.
  func drop(_ attempt: Attempt) {
    attempt.release()
    if hedge === attempt {
      hedge = nil
    } else {
      self.attempt = hedge
      hedge = nil
      if let left = self.attempt { placement = left.placement }
    }
  }

  /// Replicas to which the request must not go whole: those it went to, also as the decode leg of a pair.
  var triedWhole: ReplicaSet {
    var all = tried
    if let legs { all.formUnion(legs.tried.decode) }
    return all
  }

  /// Whether a replica that was not tried may be chosen.
  var hasOtherReplica: Bool {
    hasOther(takesEjected: true)
  }

  private func hasOther(takesEjected: Bool) -> Bool {
    ReplicaPicker.hasCandidate(among: placements, excluding: triedWhole, takesEjected: takesEjected, now: loop.now)
      || hasOtherPair(takesEjected: takesEjected)
  }

  /// Whether an attempt that ended so may be made on another replica.
  private func mayAskAnother(after failure: AttemptFailure) -> Bool {
    // What an engine keeps is not on another, or would be there twice.
    if upload?.row.isStateful == true, failure != .cannotConnect, failure != .overflow { return false }
    // A 500 may be an engine's fault of which another replica is free. Only one that is well can tell; of another, or one that
    // would have to load the adapter first, nothing would be learnt that is worth hiding the answer for.
    if failure == .refused(status: 500) { return adapterSource == nil && hasOther(takesEjected: false) }
    return hasOtherReplica
  }

  /// Attempts that wait for a connection wait no longer than for a first byte.
  func expireWaiting(_ now: NIODeadline) {
    guard let policy = model?.model.policy else { return }
    let limit = TimeAmount(policy.firstByteTimeout)
    for attempt in [attempt, hedge] {
      guard let attempt, attempt.connection == nil, attempt.leaveLoading == nil, now - attempt.startedAt > limit
      else { continue }
      engineFailed(attempt, attempt.pool.waitedTooLong(attempt))
    }
  }

  /// Of answers that come whole nothing tells when their prompt has been read.
  func presumePrefillsOver() {
    let isStreaming = plan?.facts.isStreaming ?? upload?.prompt?.isStreaming
    guard phase == .waiting, legs?.pair == nil, isStreaming == false else { return }
    attempt?.presumePrefillOver()
    hedge?.presumePrefillOver()
  }

  // MARK: From the engine

  /// A final head has come.
  ///
  /// - Returns: false when the answer is not wanted, because another replica is asked.
  func engineHead(_ attempt: Attempt, _ answer: MessageHead, _ bytes: ByteBuffer) -> Bool {
    guard isCurrent(attempt) else { return prefillHead(attempt, answer, bytes) }
    if answer.status >= 500, !mayPassOn(attempt, status: answer.status) { return false }
    if answer.status == 404, isSentAgain(forWantOfAdapterOn: attempt) { return false }
    if let other = self.attempt === attempt ? hedge : self.attempt {
      other.cancel()
      self.attempt = attempt
      hedge = nil
    }
    attempts.firstByteReceived()
    placement = attempt.placement
    strategy = attempt.account.strategy
    status = answer.status
    firstByteAt = loop.time
    if let model, model.model.policy.hedgeDelay != .never, legs?.pair == nil {
      model.hedge.firstByteReceived(
        after: UInt64(max(0, (loop.time - attempt.startedAt).nanoseconds)), now: loop.now)
    }
    if upload?.isComplete ?? true {
      // An engine may answer before it has taken all.
      if let connection = attempt.connection { letBodyGo(behind: connection) } else { letBodyGo() }
    }
    if holds(answer, bytes) { return true }
    let framing: AnswerFraming =
      switch answer.framing {
      case .none: .none
      case .length: .length
      case .chunked: client.takesChunkFraming ? .chunksAsTheyAre : .unknownLength
      case .untilClose: .unknownLength
      }
    writeAnswerHead(answer, bytes, framing: framing)
    return true
  }

  /// An engine says that it cannot serve. That is the client's answer only if no other replica can be asked.
  private func mayPassOn(_ attempt: Attempt, status: Int) -> Bool {
    let failure = AttemptFailure.refused(status: status)
    note(failure, "it answered \(status)", on: attempt.placement.replica)
    guard failure.mayBeSentAgain, let model else { return true }
    switch attempts.failed(
      failure, budget: &model.budget, hasOtherReplica: mayAskAnother(after: failure), now: loop.now)
    {
    case .retry:
      loop.context.metrics.retries.increment()
      drop(attempt)
      upload?.stage = .waiting
      makeAttempt()
      return false
    case .awaitOther:
      drop(attempt)
      return false
    case .answer(_, let reason):
      if reason == .budget { loop.context.metrics.retriesWithheld.increment() }
      return true
    case .retryOnFreshConnection, .breakOff, .ignore: return true
    }
  }

  static func isEventStream(_ answer: MessageHead, _ bytes: ByteBuffer) -> Bool {
    guard let field = answer.first(.contentType) else { return false }
    return bytes.withUnsafeReadableBytes {
      EventStreamType.isNamed(by: UnsafeRawBufferPointer(rebasing: $0[field.valueRange]))
    }
  }

  /// - Parameter errorLength: bytes of the JSON that takes the place of the engine's body; nil where that stays.
  func writeAnswerHead(
    _ answer: MessageHead, _ bytes: ByteBuffer, framing: AnswerFraming, errorLength: Int? = nil
  ) {
    let text = loop.text
    text.clear()
    bytes.withUnsafeReadableBytes { bytes in
      // The status line's own reason, whatever the engine's minor version.
      text.writeStaticString("HTTP/1.1 ")
      if let end = bytes.firstIndex(of: 0x0D) {
        text.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[9..<end]))
      }
    }
    isEventStream = Self.isEventStream(answer, bytes)
    text.writeStaticString("\r\n")
    if let errorLength { text.writeString("content-type: application/json\r\ncontent-length: \(errorLength)\r\n") }
    let hidesCORS = listener.cors != nil
    var hasLength = false
    ForwardedFields.copy(answer, from: bytes, to: text) { field, bytes in
      switch field.name {
      case .requestID, .routerRequestID, .xVSR: false
      case .contentLength:
        // Equal ones become one. An answer 204 has none (RFC 9110 §8.6).
        errorLength == nil && answer.status != 204 && Self.isFirst(&hasLength)
      case .contentType: errorLength == nil
      case .other where hidesCORS: !ForwardedFields.isAccessControl(bytes, field.nameRange)
      default: true
      }
    }
    writeIdentity(to: text, goesToEngine: true)
    let isSuccess = (200..<300).contains(status)
    if let plan {
      RouteHeaders.forEach(plan, isSuccess: isSuccess, withDebug: wantsDebugHeaders) { name, value in
        text.writeField(name, value)
      }
    } else {
      text.writeStaticString("x-vsr-schema-version: 2\r\nx-vsr-response-path: upstream\r\n")
      if isSuccess { text.writeField("x-vsr-selected-model", publicModel) }
    }
    if let attempt, let wish, wish.isTold {
      ReplicaHeaders.forEach(
        attempt.account, on: attempt.placement, address: attempt.placement.replica.authority, wish: wish,
        as: loop.context.settings.compatibility
      ) { text.writeField($0, $1) }
      writePrefill(to: text)
    }
    if let user { text.writeString("x-update-rpm: \(user.requests)\r\n") }
    if let attempt, isSuccess { user?.answerBegan(expectedPromptTokens: attempt.account.expectedPromptTokens) }
    writeCrossOrigin(to: text)
    answerFraming = framing
    beginAnswer()
    // The body of a short answer often comes along and is added.
    var buffer = answerHead(withRoomFor: 1024)
    client.writeHead(&buffer, status: status, framing: answerFraming, body: nil)
  }

  /// Sets a flag; true the first time.
  private static func isFirst(_ flag: inout Bool) -> Bool {
    defer { flag = true }
    return !flag
  }

  func engineBody(_ attempt: Attempt, _ bytes: ByteBuffer) {
    if heldError != nil, self.attempt === attempt { return holdError(bytes) }
    guard self.attempt === attempt, phase == .answering, bytes.readableBytes > 0 else {
      return prefillBody(attempt, bytes)
    }
    responseBytes += bytes.readableBytes
    if status < 300 {
      attempt.received(bytes, isEventStream: isEventStream)
      if isEventStream, user != nil { bytes.withUnsafeReadableBytes { user?.received($0) } }
    }
    client.writeBody(bytes)
  }

  /// The fields behind a chunked body that may pass, for a client that gets no chunks.
  func engineTrailers(_ attempt: Attempt, _ lines: [UInt8]) {
    guard self.attempt === attempt, phase == .answering else { return }
    client.writeTrailers(lines)
  }

  func engineEnded(_ attempt: Attempt) {
    guard self.attempt === attempt else { return prefillEnded(attempt) }
    tellHeldError()
    facts = attempt.facts
    attempt.release(isWhole: true)
    self.attempt = nil
    let replica = attempt.placement.replica
    if status < 500, replica.requestSucceeded(now: loop.now) != nil { loop.context.onHealthChange(replica) }
    // SGLang's prefill may still be at its own answer.
    if status < 300 { legs?.end(.handedOver) }
    attempts.ended()
    countEngineError()
    conclude()
    account()
    client.finish()
  }

  /// The engine's own error is the client's answer.
  func countEngineError() {
    loop.context.metrics.engineAnswered(status, model: publicModel)
  }

  func engineFailed(_ attempt: Attempt, _ failure: UpstreamFailure) {
    guard isCurrent(attempt), let model else { return prefillFailed(attempt, failure) }
    if heldError != nil { return heldErrorBroke(attempt) }
    let hasBegun = phase == .answering
    let kind = failure.kind(hasBegun: hasBegun)
    note(kind, "\(failure)", on: attempt.placement.replica)
    if hasBegun {
      facts = attempt.facts
      drop(attempt)
      return breakOff(failure, isBetweenChunks: attempt.isBetweenChunks)
    }
    let mayRetry = kind.mayBeSentAgain && mayAskAnother(after: kind)
    let error = APIError.server(
      "model \"\(publicModel)\": replica \(attempt.placement.name) failed: \(failure)", status: kind.status,
      code: "upstream_\(failure.reason)")
    let action = attempts.failed(kind, budget: &model.budget, hasOtherReplica: mayRetry, now: loop.now)
    if action == .retryOnFreshConnection, let dead = attempt.connection {
      attempt.connection = nil
      upload?.stage = .waiting
      return attempt.pool.replaceDead(dead, for: attempt)
    }
    drop(attempt)
    switch action {
    case .retry:
      loop.context.metrics.retries.increment()
      lastFailure = (error, failure.reason, 0)
      upload?.stage = .waiting
      makeAttempt()
    case .awaitOther: break
    case .answer(_, let reason):
      if reason == .budget { loop.context.metrics.retriesWithheld.increment() }
      failed(error, reason: failure.reason)
    case .retryOnFreshConnection, .breakOff, .ignore: failed(error, reason: failure.reason)
    }
  }

  /// An answer that has begun comes to no end: nothing can be taken back, so the client is told where it stands. An
  /// event stream ends with an event that tells the error; any other body by the end of the connection or stream.
  func breakOff(_ failure: UpstreamFailure, isBetweenChunks: Bool) {
    breakOff(breakError(failure), reason: failure.reason, isBetweenChunks: isBetweenChunks)
  }

  func breakError(_ failure: UpstreamFailure) -> APIError {
    .server(
      "the answer of replica \(placement?.name ?? "?") broke off: \(failure)",
      status: AttemptFailure.brokeMidway.status, code: "upstream_\(failure.reason)")
  }

  func breakOff(_ error: APIError, reason: String, isBetweenChunks: Bool) {
    loop.context.metrics.error(model: publicModel, reason: reason).increment()
    loop.context.metrics.brokenAnswers(model: publicModel).increment()
    conclude()
    brokenBy = reason
    account()
    let mayAppend = answerFraming == .unknownLength || (answerFraming == .chunksAsTheyAre && isBetweenChunks)
    guard isEventStream, mayAppend else { return client.abort() }
    var event = client.allocator.buffer(capacity: 256)
    // An event that was cut ends here; after a whole one the empty lines mean nothing.
    if accountedPath == "/v1/messages" {
      event.writeStaticString("\n\nevent: error\ndata: ")
      event.writeBytes(error.messagesBody)
    } else {
      event.writeStaticString("\n\ndata: ")
      event.writeBytes(error.body)
    }
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

  func note(_ failure: AttemptFailure, _ text: String, on replica: Replica) {
    guard failure.countsAgainstReplica, let model = model?.model else { return }
    let verdict = model.requestFailed(
      on: replica, adapter: adapter, isPaired: legs?.pair != nil, reason: text, now: loop.now)
    if verdict != nil { loop.context.onHealthChange(replica) }
  }
}
