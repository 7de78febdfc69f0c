import Balancing
import ChatProtocols
import Fleet
import HTTPWire
import NIOCore
import Pipeline
import Reliability

/// Serving a request by a pair: the prefill leg on one replica, then or beside it the decode leg on another, whose answer goes
/// to the client like that of a whole request.
///
///     vLLM, TensorRT-LLM   prefill ── its whole answer ──▶ decode ── stream ──▶ client
///     SGLang               prefill ┐ at once; the decode engine waits for the cache
///                          decode  ┴─────────────────────────────── stream ──▶ client
///
/// One pair is one attempt of ``AttemptMachine``: whichever leg fails before the client has a byte, both are tried again on
/// another pair, within the same bounds as whole requests.
extension Exchange {
  /// Chooses a pair and sends its first leg, or both.
  ///
  /// - Returns: false where the request is to go to one replica.
  func beginPair() -> Bool {
    guard let model, let wish, let plan, upload == nil,
      wish.isServedByPair(at: plan.facts.endpoint, orWholeAmong: placements)
    else { return false }
    let legs = self.legs ?? PrefillDecodeLegs(loop: loop)
    self.legs = legs
    legs.leave()
    guard
      !PrefillDecodePair.isWorse(
        among: pairedPlacements, excluding: legs.tried, thanWholeAmong: placements, excluding: triedWhole, now: loop.now
      )
    else { return false }
    let context = loop.context
    let choice = body.withUnsafeReadableBytes { bytes in
      loop.chooser.choosePair(
        among: pairedPlacements, by: wish, of: model.balancing,
        prompt: PromptOfBody(plan: plan, body: bytes), adapter: adapter, loads: adapterSource != nil,
        residency: residency,
        excluding: legs.tried, now: loop.now,
        id: context.nextDisaggregatedID, random: &loop.random)
    }
    guard let choice else { return false }
    markPrompt()
    let handOver = choice.handOver
    attempts.attemptBegan()
    loop.accounts.count(choice.choice)
    strategy = .pd
    placement = choice.decode
    let prefill = Attempt(
      id: loop.nextAttemptID(), self, on: choice.prefill, pool: loop.pool(choice.prefill.replica),
      account: choice.prefillAccount, isPrefill: true)
    legs.begin(
      PrefillDecodeLegs.Pair(
        prefill: choice.prefill, decode: choice.decode, handOver: handOver,
        prefillEdits: handOver.prefill(plan.edits), decodeAccount: choice.decodeAccount),
      prefill: prefill)
    if !waitsForAdapter(prefill, decodingOn: choice.decode) { prefill.pool.lease(prefill) }
    return true
  }

  private func sendDecode(_ legs: PrefillDecodeLegs, by edits: RequestEdits) {
    guard let pair = legs.pair, let account = legs.takeDecodeAccount() else { return }
    legs.decodes(by: edits)
    let attempt = Attempt(
      id: loop.nextAttemptID(), self, on: pair.decode, pool: loop.pool(pair.decode.replica), account: account)
    self.attempt = attempt
    attempt.pool.lease(attempt)
  }

  /// Whether a pair that was not tried may be chosen.
  ///
  /// - Parameter takesEjected: one of ejected replicas will do where there is no other.
  func hasOtherPair(takesEjected: Bool) -> Bool {
    guard let legs else { return false }
    return PrefillDecodePair.isThere(
      among: pairedPlacements, excluding: legs.tried, takesEjected: takesEjected, now: loop.now)
  }

  // MARK: From the prefill's engine

  /// A connection for a leg is there that is no current attempt's.
  func prefillConnected(_ attempt: Attempt, _ connection: UpstreamConnection) {
    guard let legs, legs.prefill === attempt else { return connection.release() }
    guard phase == .waiting, heldError == nil, !attempts.hasFirstByte, let plan else {
      // The decode engine has begun its answer, which may be an error that is still coming, without a cache; and what was to
      // be sent again is gone: nobody's fault.
      connection.release()
      return failPrefill(
        .keptConnectionClosed, "\(UpstreamFailure.closed)", reason: UpstreamFailure.closed.reason, of: attempt)
    }
    attempt.connection = connection
    attempt.wasSent()
    connection.send(attempt, UpstreamRequest.pieces(self, to: attempt.placement), isComplete: true)
    // Once the prefill is on its way: an engine that decodes would wait for one that is not.
    guard let pair = legs.pair, pair.handOver.isSimultaneous, legs.prefill === attempt else { return }
    sendDecode(legs, by: pair.handOver.decode(plan.edits, after: PrefillAnswer()))
  }

  /// - Returns: false when the rest of the answer is not wanted.
  func prefillHead(_ attempt: Attempt, _ answer: MessageHead, _ bytes: ByteBuffer) -> Bool {
    guard let legs, legs.prefill === attempt else { return false }
    if answer.status == 404, isPairSentAgain(forWantOfAdapterOn: attempt) { return false }
    guard answer.status < 500 else {
      // Whatever is wrong is so with this engine: another may read the prompt, and nothing was generated.
      failPrefill(
        .refused(status: AttemptFailure.brokeMidway.status), "it answered \(answer.status)", reason: "refused",
        of: attempt)
      return false
    }
    legs.answerBegan(answer, bytes)
    return true
  }

  func prefillBody(_ attempt: Attempt, _ bytes: ByteBuffer) {
    guard let legs, legs.prefill === attempt, bytes.readableBytes > 0 else { return }
    let isSound = legs.status < 300
    if isSound { attempt.received(bytes, isEventStream: true) }
    // What SGLang's prefill answers is nobody's.
    guard !isSound || legs.pair?.handOver.isSimultaneous != true else { return }
    switch legs.keep(bytes) {
    case .kept: break
    case .tooLarge:
      attempt.cancel()
      failPrefill(.malformedHead, "its answer is larger than may be held", reason: "too_large", of: attempt)
    case .noRoom:
      attempt.cancel()
      failPrefill(.overflow, "the gateway has no room for its answer", reason: "no_room", of: attempt)
    }
  }

  func prefillEnded(_ attempt: Attempt) {
    guard let legs, legs.prefill === attempt, let pair = legs.pair else { return }
    guard legs.status < 300 else { return passOnPrefill(legs) }
    var answer = PrefillAnswer()
    if !pair.handOver.isSimultaneous {
      do {
        answer = try legs.takeAnswer().withUnsafeReadableBytes { try PrefillAnswer(reading: $0) }
      } catch {
        return failPrefill(.malformedHead, "its answer is not JSON: \(error)", reason: "bad_answer", of: attempt)
      }
    }
    let replica = pair.prefill.replica
    if replica.requestSucceeded(now: loop.now) != nil { loop.context.onHealthChange(replica) }
    legs.prefillEnded(pair.handOver.isMade(by: answer) ? .handedOver : .nothingHandedOver)
    guard !pair.handOver.isSimultaneous, phase == .waiting, let plan else { return }
    sendDecode(legs, by: pair.handOver.decode(plan.edits, after: answer))
  }

  /// The engine finds fault with the request: so would every other, and the client is told its words.
  private func passOnPrefill(_ legs: PrefillDecodeLegs) {
    let answer = legs.takeAnswer()
    let status = legs.status
    legs.prefillEnded(.refused)
    guard phase == .waiting, heldError == nil, let pair = legs.pair, let (head, headBytes) = legs.takeHead()
    else { return }
    if pair.prefill.replica.requestSucceeded(now: loop.now) != nil { loop.context.onHealthChange(pair.prefill.replica) }
    placement = pair.prefill
    endAttempts()
    attempts.ended()
    loop.context.metrics.error(model: publicModel, reason: "prefill_answer").increment()
    self.status = status
    // What is coded goes on as it came.
    let error =
      head.first(.contentEncoding) == nil
      ? answer.withUnsafeReadableBytes { EngineErrorBody.error(status: status, body: $0) } : nil
    let told = error.map { ByteBuffer(bytes: $0.body) } ?? answer
    responseBytes += told.readableBytes
    writeAnswerHead(head, headBytes, framing: .length, errorLength: told.readableBytes)
    client.writeBody(told)
    conclude()
    account()
    client.finish()
  }

  func prefillFailed(_ attempt: Attempt, _ failure: UpstreamFailure) {
    guard let legs, legs.prefill === attempt else { return }
    if case .keptConnectionClosed = failure, !legs.hasFreshConnection, let dead = attempt.connection {
      legs.hasFreshConnection = true
      attempt.connection = nil
      return attempt.pool.replaceDead(dead, for: attempt)
    }
    let kind = failure.kind(hasBegun: false)
    guard kind != .firstByteTimedOut else { return prefillTimedOut(attempt) }
    failPrefill(
      kind == .keptConnectionClosed ? .closedBeforeAnswer : kind, "\(failure)", reason: failure.reason, of: attempt)
  }

  /// A prefill that takes too long is given up. Called several times a second.
  func expirePrefill(_ now: NIODeadline) {
    guard let legs, let attempt = legs.prefill, attempt.leaveLoading == nil, let policy = model?.model.policy
    else { return }
    let wasSent = attempt.connection != nil
    // A connection is waited for no longer than any other request waits for one.
    let limit = wasSent ? policy.prefillTimeout : min(policy.prefillTimeout, policy.firstByteTimeout)
    guard now - attempt.startedAt > TimeAmount(limit) else { return }
    let failure = wasSent ? nil : attempt.pool.waitedTooLong(attempt)
    attempt.cancel()
    if let failure {
      let kind = failure.kind(hasBegun: false)
      return failPrefill(kind, "\(failure)", reason: failure.reason, of: attempt, outcome: .timedOut)
    }
    prefillTimedOut(attempt)
  }

  private func prefillTimedOut(_ attempt: Attempt) {
    failPrefill(.firstByteTimedOut, "it was not done in time", reason: "timeout", of: attempt, outcome: .timedOut)
  }

  /// The prefill leg has failed: the decode leg waits for nothing, and both are tried again on another pair.
  private func failPrefill(
    _ kind: AttemptFailure, _ text: String, reason: String, of attempt: Attempt, outcome: PrefillOutcome = .failed
  ) {
    guard let legs, let model else { return }
    note(kind, text, on: attempt.placement.replica)
    legs.prefillFailed(outcome)
    // The decode engine has what it needs, breaks off by itself, or its error is the answer.
    guard heldError == nil, phase == .waiting else { return }
    endAttempts()
    legs.end()
    let error = APIError.server(
      "model \"\(publicModel)\": the prefill on replica \(attempt.placement.name) failed: \(text)", status: kind.status,
      code: "prefill_\(reason)")
    switch attempts.failed(kind, budget: &model.budget, hasOtherReplica: hasOtherReplica, now: loop.now) {
    case .retry:
      loop.context.metrics.retries.increment()
      lastFailure = (error, "prefill_\(reason)", 0)
      makeAttempt()
    case .answer(_, let why):
      if why == .budget { loop.context.metrics.retriesWithheld.increment() }
      placement = attempt.placement
      failed(error, reason: "prefill_\(reason)")
    case .awaitOther, .retryOnFreshConnection, .breakOff, .ignore:
      failed(error, reason: "prefill_\(reason)")
    }
  }

  // MARK: Told to the client

  /// The fields that tell the prefill's replica, where there is one.
  func writePrefill(to text: TextWriter) {
    guard let pair = legs?.pair else { return }
    ReplicaHeaders.forEachOfPrefill(
      on: pair.prefill, address: pair.prefill.replica.authority, as: loop.context.settings.compatibility
    ) { text.writeField($0, $1) }
  }
}
