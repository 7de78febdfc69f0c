import ChatProtocols
import EnvoyWire
import Fleet
import Pipeline
import Reliability

/// What an engine answers.
extension ProcessorSession {
  func answer(_ request: ProcessingRequest, in bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
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
    scope.metrics.engineAnswered(answer.status, model: publicModel)
    var headers = HeaderChanges()
    for name in answer.routerFields where scope.settings.role != .replica { headers.remove(name) }
    writeAnswer(to: &headers)
    // An event stream is not to wait for its end in Envoy.
    let isHeld = responseMode == .buffered || responseMode == .bufferedPartial
    var mode: BodyMode?
    if answer.isEventStream, isHeld {
      responseMode = .streamed
      mode = .streamed
    }
    isEventStream = answer.isEventStream
    if let attempt, (200..<300).contains(status) {
      user?.answerBegan(expectedPromptTokens: attempt.expectedPromptTokens)
    }
    if request.isEndOfStream || responseMode == .none { finishAnswer(isWhole: true) }
    if isErrorToTell(answer) {
      guard !request.isEndOfStream else { return tellEmptyError(headers) }
      mode = awaitErrorBody(&headers)
    }
    let modes = mode.map { ProcessingReply.Modes(requestBody: requestMode, responseBody: $0) }
    reply { ProcessingReply.append(to: &$0, .responseHeaders, headers: headers, modes: modes) }
  }

  private func writeAnswer(to headers: inout HeaderChanges) {
    headers.set("x-went-into-req-headers", to: "true")
    headers.set("request-id", to: idText)
    if let user { headers.set("x-update-rpm", to: String(user.requests)) }
    if scope.settings.role == .replica {
      writeReplica(to: &headers)
      return
    }
    headers.set("x-request-id", to: requestID)
    let isSuccess = (200..<300).contains(status)
    if let plan {
      RouteHeaders.forEach(plan, isSuccess: isSuccess, withDebug: head?.wantsDebugHeaders ?? false) { name, value in
        headers.set(name, to: value)
      }
    } else {
      headers.set("x-vsr-schema-version", to: "2")
      headers.set("x-vsr-response-path", to: "upstream")
      if isSuccess { headers.set("x-vsr-selected-model", to: publicModel) }
    }
    if wish?.isTold ?? false { writeReplica(to: &headers) }
  }

  private func writeReplica(to headers: inout HeaderChanges) {
    guard let placement, let attempt, let wish else { return }
    ReplicaHeaders.forEach(
      attempt, on: placement, address: addresses.authority(of: placement.replica), wish: wish,
      as: scope.context.settings.compatibility
    ) { headers.set($0, to: $1) }
    writePrefill(to: &headers)
  }

  /// The client's own id where it sent a usable one, else ours.
  var requestID: [UInt8] { head?.requestID ?? idText }

  private func judgeReplica(_ status: Int) {
    guard let placement, status > 0 else { return }
    if status == 404 { noteLostAdapter(on: placement.replica) }
    if status < 500 {
      noteSuccess(on: placement.replica)
    } else {
      note(.refused(status: status), "it answered \(status)", on: placement.replica)
    }
  }

  func noteSuccess(on replica: Replica) {
    if replica.requestSucceeded(now: scope.now) != nil { scope.context.onHealthChange(replica) }
  }

  /// Counts a failure against a replica, and ejects it if that is one too many.
  func note(_ failure: AttemptFailure, _ text: String, on replica: Replica) {
    guard failure.countsAgainstReplica, let model else { return }
    let verdict = model.requestFailed(
      on: replica, adapter: adapter, isPaired: pair != nil, reason: text, now: scope.now)
    if verdict != nil { scope.context.onHealthChange(replica) }
  }

  /// To be called now and then: an answer that comes whole says nothing before it is there.
  func presumePrefillOver() {
    if comesWhole, pair == nil, adapterWait == nil, responseBytes == 0 { attempt?.presumePrefillOver(now: scope.now) }
  }

  func takeResponseBody(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    responseBytes += bytes.count
    let isLast = isLast || responseMode == .buffered
    if isRouted, (200..<300).contains(status), !bytes.isEmpty {
      attempt?.firstToken(isStreamed: isEventStream, now: scope.now)
      usage.append(bytes)
      if isEventStream { user?.received(bytes) }
    }
    if isLast { finishAnswer(isWhole: true) }
    var headers = HeaderChanges()
    let told = isLast && awaitsErrorBody ? toldError(bytes) : nil
    mayEndUnseen = !isLast && (awaitsErrorBody || responseMode == .bufferedPartial)
    awaitsErrorBody = false
    if let told { write(told, to: &headers) }
    // Only a whole body comes before its head has gone on.
    if responseMode == .buffered, let userTokens { headers.set("x-update-tpm", to: String(userTokens)) }
    var change = told.map { ProcessingReply.BodyChange.replace($0) } ?? .none
    if responseMode == .fullDuplexStreamed { change = .piece(Array(bytes), isLast: isLast) }
    reply { ProcessingReply.append(to: &$0, .responseBody, headers: headers, body: change) }
  }

  /// What the answer told of its tokens so far.
  var facts: AnswerFacts { AnswerFacts(usage.usage) }

  /// - Parameter isWhole: its end was seen.
  func finishAnswer(isWhole: Bool) {
    guard !hasAnswerEnded else { return }
    hasAnswerEnded = true
    guard isRouted else { return }
    attempt?.settle(facts, isWhole: isWhole, now: scope.now)
    if let counted = usage.usage {
      let tokens = scope.tokens(ofModel: publicModel)
      tokens.prompt.increment(by: UInt64(counted.promptTokens))
      tokens.completion.increment(by: UInt64(counted.completionTokens))
      tokens.all.increment(by: UInt64(counted.promptTokens) + UInt64(counted.completionTokens))
    }
    if let user, case let tokens = user.tokens(told: facts, isWhole: isWhole), tokens > 0 {
      userTokens = scope.context.limits.charge(tokens: tokens, to: user.name)
    }
  }
}
