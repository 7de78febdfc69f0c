import ChatProtocols
import EnvoyWire
import Fleet
import Gateway
import Pipeline
import Reading

/// From a whole request to its model and its replica, and the replies that carry what changes.
extension ProcessorSession {
  /// The body is whole.
  func complete(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    do throws(RequestRouting.Refusal) {
      let outcome = try RequestRouting.route(bytes, endpoint: endpoint, head: head, scope: scope) { take($0) }
      switch outcome {
      case .routed(let routed): try sendOrAnswer(routed, body: bytes, isLast: isLast)
      case .reading(let reading): return wait(for: reading, body: bytes, isLast: isLast)
      }
    } catch {
      refuse(error)
    }
    if !waitsForReplica, state != .reading { letBodyGo() }
  }

  private func take(_ plan: RoutePlan) {
    self.plan = plan
    requestedModel = plan.facts.model
  }

  private func sendOrAnswer(
    _ routed: RequestRouting.Routed, body bytes: UnsafeRawBufferPointer, isLast: Bool
  ) throws(RequestRouting.Refusal) {
    requestedModel = routed.requestedModel
    comesWhole = routed.isStreaming == false
    if let plan, let own = plan.ownAnswer(created: scope.context.wallClock()) {
      return answer(own, plan)
    }
    if user != nil, let facts = routed.facts, let refusal = scope.context.limits.refusal(ofUsersRequest: facts) {
      throw RequestRouting.Refusal(refusal, reason: nil)
    }
    try send(routed, body: bytes, isLast: isLast)
  }

  func refuse(_ refusal: RequestRouting.Refusal) {
    if !refusal.requestedModel.isEmpty { requestedModel = refusal.requestedModel }
    refuse(refusal.error, reason: refusal.reason, retryAfter: refusal.retryAfter, limit: refusal.limit)
  }

  // MARK: While the encoder reads

  /// The body is held until the encoder has read the prompt; what Envoy sends meanwhile waits.
  private func wait(for reading: UnfinishedPlan, body bytes: UnsafeRawBufferPointer, isLast: Bool) {
    guard holdWhole(bytes) else { return receiveWithoutRoom() }
    if body.isEmpty { body = Array(bytes) }
    state = .reading
    self.reading = reading
    let began = scope.now
    scope.read(reading) { [self] encoding in
      guard state == .reading else { return }
      finish(reading, encoding, began: began, isLast: isLast)
      onLateOutput?()
    }
  }

  /// Counts what of a whole body is not counted yet, if there is room for it.
  func holdWhole(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let uncounted = bytes.count - heldBytes
    guard uncounted > 0 else { return true }
    guard scope.context.load.hold(bytes: uncounted) else { return false }
    heldBytes += uncounted
    return true
  }

  private func finish(_ reading: UnfinishedPlan, _ encoding: PromptEncoding, began: UInt64, isLast: Bool) {
    state = .collecting
    self.reading = nil
    let whole = body
    whole.withUnsafeBytes { bytes in
      do throws(RequestRouting.Refusal) {
        let routed = try RequestRouting.route(reading, encoding, bytes, began: began, scope: scope) { take($0) }
        try sendOrAnswer(routed, body: bytes, isLast: isLast)
      } catch {
        refuse(error)
      }
    }
    guard !waitsForReplica, state != .reading else { return }
    letBodyGo()
    replyToWaiting()
  }

  /// Takes what Envoy sent while the prompt was read.
  func replyToWaiting() {
    if owesTrailersReply, state != .ended {
      reply { ProcessingReply.appendTrailers(to: &$0, .requestTrailers) }
    }
    owesTrailersReply = false
    for message in takeWaiting() { message.withUnsafeBytes { receive($0) } }
  }

  /// The replica is picked for a model that a header names: no body comes.
  func complete(named name: String) {
    do throws(RequestRouting.Refusal) {
      let routed = try RequestRouting.route(named: name, scope: scope)
      requestedModel = name
      try send(routed, body: UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
    } catch {
      refuse(error)
    }
  }

  func send(
    _ routed: RequestRouting.Routed, body bytes: UnsafeRawBufferPointer, isLast: Bool
  ) throws(RequestRouting.Refusal) {
    publicModel = routed.publicModel
    model = routed.model
    adapter = routed.adapter
    isRouted = true
    scope.accounts.metrics(ofModel: publicModel).requests.increment()
    if scope.settings.role != .model {
      guard let head else { return }
      var intent = try RequestRouting.intent(routed, head: head, scope: scope)
      wish = intent.wish
      if waitsForTokens(routed, &intent, body: bytes, isLast: isLast) { return }
      return try send(routed, intent, body: bytes, isLast: isLast)
    }
    forward(routed, to: nil, body: bytes, changed: routed.body(for: nil, bytes), isLast: isLast)
  }

  /// Picks where the request goes.
  func send(
    _ routed: RequestRouting.Routed, _ intent: RequestRouting.Intent, body bytes: UnsafeRawBufferPointer, isLast: Bool
  ) throws(RequestRouting.Refusal) {
    if routed.model?.hasPairs ?? false, beginPair(routed, intent, body: bytes, isLast: isLast) { return }
    (placement, attempt) = try RequestRouting.pick(routed, intent, body: bytes, scope: scope)
    addresses = scope.addresses
    markPrompt()
    if isLoadedOnDemand(routed.adapter, of: routed.model),
      try waitsForAdapter(AdapterWait(routed, intent, isLast: isLast), body: bytes)
    {
      return
    }
    forward(routed, to: placement, body: bytes, changed: routed.body(for: placement, bytes), isLast: isLast)
  }

  /// Lets the request go on.
  ///
  /// - Parameters:
  ///   - placement: nil where somebody else picks the replica.
  ///   - changed: the body that it gets; nil for the client's own.
  func forward(
    _ routed: RequestRouting.Routed, to placement: Placement?, body bytes: UnsafeRawBufferPointer, changed: [UInt8]?,
    isLast: Bool
  ) {
    guard let head else { return }
    var headers = HeaderChanges()
    for name in head.unwanted where !hasHeadersReply { headers.remove(name) }
    var clearsRouteCache = false
    if let placement {
      writeTarget(placement, routed, head, to: &headers)
      clearsRouteCache = true
    } else {
      headers.set("x-selected-model", to: publicModel)
      clearsRouteCache = head.selectedModel != publicModel
    }
    if scope.settings.role != .replica { headers.set("accept-encoding", to: "identity") }
    state = .forwarded
    reply { append(to: &$0, headers: headers, changed: changed, bytes, isLast: isLast, clearsRouteCache) }
  }

  private func writeTarget(
    _ placement: Placement, _ routed: RequestRouting.Routed, _ head: ProcessorHead, to headers: inout HeaderChanges
  ) {
    let address = addresses.authority(of: placement.replica)
    if scope.settings.role == .replica {
      headers.set("model", to: publicModel)
      headers.set("routing-strategy", to: attempt?.strategy.rawValue ?? "")
      headers.set("x-request-id", to: requestID)
    } else {
      headers.set("x-selected-model", to: publicModel)
    }
    headers.set("target-pod", to: address)
    if scope.settings.destinationHeader != "target-pod" {
      headers.set(field: scope.settings.destinationHeader, to: address)
    }
    let target = placement.target(of: endpoint, endpoint.target(path: head.path, query: head.query))
    if target != head.target { headers.set(":path", to: target) }
    let own = placement.headerLines
    // The client's credential is for the router, not for an engine that has another.
    if own.authenticates, !own.names.contains("authorization") { headers.remove("authorization") }
    own.forEachField { headers.set(field: $0, to: $1) }
  }

  /// Writes the replies that have waited for the whole body.
  func append(
    to output: inout [UInt8], headers: HeaderChanges, changed: [UInt8]?, _ bytes: UnsafeRawBufferPointer,
    isLast: Bool, _ clearsRouteCache: Bool
  ) {
    var headers = headers
    guard !repliesToHeadOnly else {
      ProcessingReply.append(to: &output, .requestHeaders, headers: headers, clearsRouteCache: clearsRouteCache)
      hasHeadersReply = true
      return
    }
    switch requestMode {
    case .fullDuplexStreamed:
      ProcessingReply.append(to: &output, .requestHeaders, headers: headers, clearsRouteCache: clearsRouteCache)
      ProcessingReply.append(to: &output, .requestBody, body: .piece(changed ?? Array(bytes), isLast: isLast))
    case .streamed where !hasHeadersReply:
      if changed != nil { headers.set("content-length", to: String(changed?.count ?? bytes.count)) }
      ProcessingReply.append(to: &output, .requestHeaders, headers: headers, clearsRouteCache: clearsRouteCache)
      for _ in 0..<waitingPieces { ProcessingReply.append(to: &output, .requestBody, body: .clear) }
      let isWhole = pieces == 1 && changed == nil
      ProcessingReply.append(to: &output, .requestBody, body: isWhole ? .none : .replace(changed ?? Array(bytes)))
    default:
      let isWhole = pieces == 1 && changed == nil
      if let changed, pieces == 1 { headers.set("content-length", to: String(changed.count)) }
      ProcessingReply.append(
        to: &output, .requestBody, headers: headers, body: isWhole ? .none : .replace(changed ?? Array(bytes)),
        clearsRouteCache: clearsRouteCache)
    }
    hasHeadersReply = true
  }
}
