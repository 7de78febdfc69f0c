import Balancing
import ChatProtocols
import EngineClient
import EnvoyWire
import Fleet
import Gateway
import NIOCore
import Pipeline
import Reliability

/// Serving a request by a pair behind Envoy: the processor sends the prefill leg itself, and names the decode replica to Envoy
/// with the body that it is to get.
///
/// vLLM's and TensorRT-LLM's prefill is waited for, so that one that fails is tried on another pair. SGLang's runs on while Envoy
/// asks the decode engine; if it fails before that has sent a byte of its answer's body, the stream to Envoy ends with an error,
/// for Envoy to give the decode up.
extension ProcessorSession {
  /// Chooses a pair and sends its prefill leg.
  ///
  /// - Returns: false where the request is to go to one replica.
  func beginPair(
    _ routed: RequestRouting.Routed, _ intent: RequestRouting.Intent, body bytes: UnsafeRawBufferPointer, isLast: Bool
  ) -> Bool {
    guard case .model(let endpoint) = endpoint, let edits = routed.edits,
      intent.wish.isServedByPair(at: endpoint, orWholeAmong: intent.placements), !repliesToHeadOnly
    else { return false }
    // Until it is known where the request goes the body is kept, and what Envoy sends meanwhile waits.
    guard holdWhole(bytes) else {
      RequestRouting.takeBack(intent, scope: scope)
      receiveWithoutRoom()
      return true
    }
    let pair = ProcessorPair(routed, intent, edits: edits, isLast: isLast, scope: scope)
    scope.withRetryBudget(ofModel: routed.base) { $0.requestBegan(now: scope.now) }
    self.pair = pair
    guard sendPrefill(pair, bytes) else {
      self.pair = nil
      return false
    }
    return true
  }

  private func sendPrefill(_ pair: ProcessorPair, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard head != nil, scope.prefill != nil, let chosen = RequestRouting.pickPair(pair, body: bytes, scope: scope)
    else { return false }
    addresses = scope.addresses
    markPrompt()
    if body.isEmpty { body = Array(bytes) }
    state = .prefilling
    sendPrefill(pair, chosen, bytes)
    return true
  }

  /// Sends it once both replicas have the adapter, since the one that decodes goes on with what the other computed by it.
  private func sendPrefill(
    _ pair: ProcessorPair, _ chosen: ReplicaChooser.PairChoice, _ bytes: UnsafeRawBufferPointer
  ) {
    guard let head, let send = scope.prefill, !waitsForAdapter(pair, chosen) else { return }
    let placement = chosen.prefill
    let call = PrefillCall(
      placement: placement, target: placement.target(of: endpoint, endpoint.target(path: head.path, query: head.query)),
      fields: prefillFields(head, to: placement),
      body: ByteBuffer(
        bytes: pair.routed.body(for: placement, by: chosen.handOver.prefill(pair.edits), bytes)),
      answer: chosen.handOver.isSimultaneous
        ? .thrownAway : .kept(limit: PrefillAnswer.byteLimit, hold: { pair.hold($0) }),
      connectTimeout: pair.intent.policy.connectTimeout, timeout: pair.intent.policy.prefillTimeout)
    let attempt = pair.attempts.attempts
    func isCurrent() -> Bool { self.pair === pair && pair.attempts.attempts == attempt && pair.isPrefilling }
    pair.giveUp = send(
      call,
      { [self] in
        guard isCurrent(), chosen.handOver.isSimultaneous, state == .prefilling else { return }
        nameDecode(pair, by: chosen.handOver.decode(pair.edits, after: PrefillAnswer()))
        onLateOutput?()
      },
      { [self] result in
        guard isCurrent() else { return }
        prefillEnded(pair, chosen.handOver, result)
        onLateOutput?()
      })
  }

  /// Has the replicas of a pair load the adapter, where it is missing.
  ///
  /// - Returns: whether the prefill leg is sent later, or the request went elsewhere.
  private func waitsForAdapter(_ pair: ProcessorPair, _ chosen: ReplicaChooser.PairChoice) -> Bool {
    guard let load = scope.loadAdapter else { return false }
    let attempt = pair.attempts.attempts
    var leaves: [() -> Void] = []
    for placement in [chosen.prefill, chosen.decode] {
      guard let order = AdapterLoader.Order(pair.routed.adapter, of: pair.routed.model, on: placement) else { continue }
      let reply = load(order) { [self] outcome in
        // Another one may have come first, and the leg be sent.
        guard self.pair === pair, pair.attempts.attempts == attempt, pair.waitsForAdapter else { return }
        pair.goOn()
        switch outcome {
        case .success:
          let whole = body
          whole.withUnsafeBytes { sendPrefill(pair, chosen, $0) }
        case .failure(let failure): adapterFailed(pair, failure, on: placement)
        }
        onLateOutput?()
      }
      switch reply {
      case .loaded: continue
      case .waiting(let leave): leaves.append(leave)
      case .failed(let failure):
        for leave in leaves { leave() }
        adapterFailed(pair, failure, on: placement)
        return true
      }
    }
    guard !leaves.isEmpty else { return false }
    pair.postpone { for leave in leaves { leave() } }
    return true
  }

  /// A replica cannot load it: another pair is tried. Neither replica is worse for it.
  private func adapterFailed(_ pair: ProcessorPair, _ failure: AdapterLoader.Failure, on placement: Placement) {
    if placement.role == .prefill {
      pair.tried.prefill.insert(placement.replica.id)
    } else {
      pair.tried.decode.insert(placement.replica.id)
    }
    tryAnother(
      pair, after: .refused(status: 503), reason: AdapterLoader.Failure.label, retryAfter: failure.retryAfter,
      error: failure.error(adapter: publicModel, replica: placement.name))
  }

  /// The client's fields that the prefill's replica gets, and the replica's own.
  private func prefillFields(_ head: ProcessorHead, to placement: Placement) -> [(String, String)] {
    let own = placement.headerLines
    var fields = head.fields.filter { name, _ in
      !own.names.contains(name) && !head.unwanted.contains(name) && !(name == "authorization" && own.authenticates)
    }
    fields.append(("x-request-id", String(decoding: requestID, as: UTF8.self)))
    fields.append(("accept-encoding", "identity"))
    own.forEachField { fields.append(($0, $1)) }
    return fields
  }

  private func prefillEnded(_ pair: ProcessorPair, _ handOver: HandOver, _ result: PrefillCall.Result) {
    guard let prefill = pair.choice?.prefill else { return }
    switch result {
    case .failed(let failure, let text):
      failPrefill(pair, failure, text, outcome: failure == .firstByteTimedOut ? .timedOut : .failed)
    case .answered(let status, _) where status >= 500:
      failPrefill(pair, .refused(status: AttemptFailure.brokeMidway.status), "it answered \(status)")
    case .answered(404, _) where isSentAgain(pair, forWantOfAdapterOn: prefill): break
    case .answered(let status, let body):
      var answer = PrefillAnswer()
      if status < 300, !handOver.isSimultaneous {
        do {
          answer = try body.withUnsafeReadableBytes { try PrefillAnswer(reading: $0) }
        } catch {
          return failPrefill(pair, .malformedHead, "its answer is not JSON: \(error)")
        }
      }
      noteSuccess(on: prefill.replica)
      guard status < 300 else {
        pair.prefillEnded(.refused)
        return refuseInEnginesWords(status: status, body, replica: prefill.name)
      }
      pair.firstToken()
      pair.prefillEnded(handOver.isMade(by: answer) ? .handedOver : .nothingHandedOver)
      guard state == .prefilling else { return }
      nameDecode(pair, by: handOver.decode(pair.edits, after: answer))
    }
  }

  /// The engine that prefills answers 404: it may have lost the adapter. It may load it anew, once a request.
  ///
  /// - Returns: whether a pair is asked again, so that the answer is not wanted.
  private func isSentAgain(_ pair: ProcessorPair, forWantOfAdapterOn prefill: Placement) -> Bool {
    guard isLoadedOnDemand(adapter, of: model) else { return false }
    noteLostAdapter(on: prefill.replica)
    guard state == .prefilling, !pair.hasRenewedAdapter else { return false }
    pair.hasRenewedAdapter = true
    let action = scope.withRetryBudget(ofModel: pair.routed.base) {
      pair.attempts.failed(.refused(status: 503), budget: &$0, hasOtherReplica: true, now: scope.now)
    }
    guard case .retry = action else { return false }
    scope.metrics.retries.increment()
    pair.prefillEnded(.abandoned)
    pair.end()
    sendAgain(pair)
    return true
  }

  /// Sends the request to another pair, or to one replica where there is none.
  private func sendAgain(_ pair: ProcessorPair) {
    let whole = body
    whole.withUnsafeBytes { bytes in
      if !sendPrefill(pair, bytes) { sendWhole(pair, bytes) }
    }
  }

  private func refuseInEnginesWords(status: Int, _ body: ByteBuffer, replica: String) {
    guard state == .prefilling else {
      return abort("the prefill on replica \(replica) answered \(status)", reason: "prefill_answer")
    }
    placement = pair?.choice?.prefill
    scope.metrics.error(model: publicModel, reason: "prefill_answer").increment()
    var headers = HeaderChanges()
    headers.set("content-type", to: "application/json")
    let told = body.withUnsafeReadableBytes { EngineErrorBody.error(status: status, body: $0)?.body }
    endImmediately(
      status: status, headers: headers, body: told ?? Array(body.readableBytesView), details: "prefill")
  }

  /// The prefill leg has failed: another pair is tried where Envoy does not know of this one yet, else a replica that reads
  /// prompts itself.
  private func failPrefill(
    _ pair: ProcessorPair, _ failure: AttemptFailure, _ text: String, outcome: PrefillOutcome = .failed
  ) {
    guard let prefill = pair.choice?.prefill else { return }
    note(failure, text, on: prefill.replica)
    pair.prefillEnded(outcome)
    pair.tried.prefill.insert(prefill.replica.id)
    let words = "the prefill on replica \(prefill.name) failed: \(text)"
    guard state == .prefilling else { return abort(words, reason: "prefill_failed") }
    tryAnother(
      pair, after: failure, reason: "prefill_failed",
      error: .server("model \"\(publicModel)\": \(words)", status: failure.status, code: "prefill_failed")
        .marked("x-error-routing"))
  }

  /// - Parameter error: what the client is told where nobody else may be asked.
  private func tryAnother(
    _ pair: ProcessorPair, after failure: AttemptFailure, reason: String, retryAfter: Int = 0, error: APIError
  ) {
    pair.end()
    let hasOther = RequestRouting.hasOther(pair, scope: scope)
    let action = scope.withRetryBudget(ofModel: pair.routed.base) {
      pair.attempts.failed(failure, budget: &$0, hasOtherReplica: hasOther, now: scope.now)
    }
    switch action {
    case .retry:
      scope.metrics.retries.increment()
      return sendAgain(pair)
    case .answer(_, let reason):
      if reason == .budget { scope.metrics.retriesWithheld.increment() }
    case .retryOnFreshConnection, .awaitOther, .breakOff, .ignore: break
    }
    refuse(error, reason: reason, retryAfter: retryAfter)
    self.pair = nil
  }

  /// Envoy asks a decode engine that waits for what does not come: the stream to Envoy ends with an error, and the decode with it.
  ///
  /// Some engines send the head of their answer before they have the cache, so that a head alone says nothing. An immediate
  /// reply would do only until Envoy has let that head through, which the processor is not told of; the end of the stream does
  /// in both cases: Envoy answers 500 if the client has nothing yet, else it resets the client's stream. Behind a byte of the
  /// body the engine has what it needs, or breaks off by itself, and a head of an error is an answer. Where bodies are not shown
  /// (mode NONE) the answer counts as ended with its head, since what runs well must not be broken off.
  private func abort(_ text: String, reason: String) {
    switch state {
    case .forwarded: break
    case .answering where (200..<300).contains(status) && responseBytes == 0 && !hasAnswerEnded:
      scope.metrics.brokenAnswers(model: publicModel).increment()
    default: return
    }
    scope.metrics.error(model: publicModel, reason: reason).increment()
    // It is not the client that leaves.
    hasAnswerEnded = true
    onAbort?(text)
  }

  /// It is known where the request decodes: Envoy is told, and gets the body.
  private func nameDecode(_ pair: ProcessorPair, by edits: RequestEdits) {
    guard let chosen = pair.takeDecode() else { return }
    let whole = body
    whole.withUnsafeBytes { bytes in
      placement = chosen.decode
      attempt = chosen.decodeAccount
      state = .collecting
      forward(pair, to: chosen.decode, body: bytes, changed: pair.routed.body(for: chosen.decode, by: edits, bytes))
    }
  }

  /// No further pair is there.
  private func sendWhole(_ pair: ProcessorPair, _ bytes: UnsafeRawBufferPointer) {
    self.pair = nil
    do throws(RequestRouting.Refusal) {
      let attempts = pair.attempts.attempts
      (placement, attempt) = try RequestRouting.pick(
        pair.routed, pair.intent, body: bytes, after: attempts, scope: scope)
      addresses = scope.addresses
      state = .collecting
      if isLoadedOnDemand(pair.routed.adapter, of: pair.routed.model),
        try waitsForAdapter(
          AdapterWait(pair.routed, pair.intent, isLast: pair.isLast, after: attempts), body: bytes)
      {
        return
      }
      forward(pair, to: placement, body: bytes, changed: pair.routed.body(for: placement, bytes))
    } catch {
      refuse(error)
    }
  }

  /// - Parameter changed: the body that Envoy gets; nil for the client's own.
  private func forward(
    _ pair: ProcessorPair, to placement: Placement?, body bytes: UnsafeRawBufferPointer, changed: [UInt8]?
  ) {
    forward(pair.routed, to: placement, body: bytes, changed: changed, isLast: pair.isLast)
    letBodyGo()
    replyToWaiting()
  }

  /// Tells the prefill's replica, where there is one.
  func writePrefill(to headers: inout HeaderChanges) {
    guard let prefill = pair?.choice?.prefill else { return }
    ReplicaHeaders.forEachOfPrefill(
      on: prefill, address: addresses.authority(of: prefill.replica), as: scope.context.settings.compatibility
    ) { headers.set($0, to: $1) }
  }
}
