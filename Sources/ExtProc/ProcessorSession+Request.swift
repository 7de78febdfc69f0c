import ChatProtocols
import EnvoyWire
import Gateway
import HTTPWire
import Reliability

/// How a request comes, in each of Envoy's modes.
extension ProcessorSession {
  func begin(_ head: ProcessorHead) {
    guard state == .beginning else {
      return refuse(.server("Envoy sent request headers twice on one stream", code: "ext_proc"))
    }
    self.head = head
    endpoint = Endpoint.at(head.path, method: head.method)
    let isReplicaOnly = scope.settings.role == .replica
    switch endpoint {
    case .model:
      guard head.method == "POST" else {
        if head.method == "OPTIONS" { return passOn(head) }
        return refuse(.methodNotAllowed("method not allowed"), allow: "POST")
      }
      collect(head)
    case .passedThrough(let row):
      let isPassedOn = scope.settings.role == .model || head.method == "OPTIONS"
      guard isPassedOn || row.modelPlace == .query || head.isEndOfStream else { return collect(head) }
      guard mayUpload(head.contentLength ?? 0) else { return }
      if isPassedOn { return passOn(head) }
      // Nothing of the body is held.
      guard admit(head, expecting: 0) else { return }
      completeWithoutBody()
    case .local(let local):
      switch local {
      case .models, .model: if isReplicaOnly { passOn(head) } else { answerLocally(local, head) }
      // Probes and scrapes of whoever stands behind Envoy.
      case .health, .ready, .metrics: passOn(head)
      }
    case .notAllowed(let methods): refuse(.methodNotAllowed("method not allowed"), allow: methods.allow)
    case .unknown:
      if head.method == "OPTIONS" { return passOn(head) }
      if isReplicaOnly {
        return refuse(
          APIError(status: 501, message: "unknown request path", type: "api_error")
            .marked("x-error-request-body-processing"))
      }
      refuse(.notFound("endpoint not found"))
    }
  }

  /// Lets a request go on that nothing is decided about; what would choose a replica is taken away.
  private func passOn(_ head: ProcessorHead) {
    state = .forwarded
    var headers = HeaderChanges()
    for name in head.unwanted { headers.remove(name) }
    hasHeadersReply = true
    let modes = ProcessingReply.Modes(requestBody: .none, responseBody: .none, wantsResponseHeaders: false)
    reply {
      ProcessingReply.append(
        to: &$0, .requestHeaders, headers: headers, clearsRouteCache: head.namesReplica,
        modes: requestMode == .none && responseMode == .none ? nil : modes)
    }
  }

  /// Refuses an upload that passes by if it is longer than it may be.
  ///
  /// - Parameter count: bytes that have come, or that its client says are to come.
  /// - Returns: false when it is refused, and answered.
  private func mayUpload(_ count: Int) -> Bool {
    let limit = scope.context.settings.uploadLimit
    guard count > limit else { return true }
    refuse(
      .requestTooLarge("the upload is larger than the limit of \(limit) bytes (global.gateway.upload_limit)"))
    return false
  }

  /// - Parameter expected: bytes of the body that are to be held.
  private func admit(_ head: ProcessorHead, expecting expected: Int) -> Bool {
    guard expected <= scope.bodyLimit else {
      refuse(tooLarge)
      return false
    }
    let verdict = scope.context.load.requestBegan(
      priority: head.priority, expectedBytes: expected, random: &scope.random)
    switch verdict {
    case .admit:
      isAdmitted = true
      return countUser(head)
    case .shed(let status, let seconds):
      scope.metrics.shed(status: status).increment()
      refuse(
        status == 429
          ? .rateLimit("the router is near its limits and sheds requests; retry in \(seconds) s", code: "overloaded")
          : .server(
            "the router is at its limits and takes no further request; retry in \(seconds) s", status: 503,
            code: "overloaded"), retryAfter: seconds)
      return false
    }
  }

  /// Counts the request among its user's, or refuses it. Users are the business of the part that picks the replica, as they
  /// are of AIBrix's plugin.
  private func countUser(_ head: ProcessorHead) -> Bool {
    guard scope.settings.role != .model else { return true }
    switch scope.context.limits.admit(user: head.user) {
    case .anonymous: return true
    case .user(let name, let requests):
      user = UserTally(name: name, requests: requests)
      return true
    case .refused(let refusal):
      refuse(refusal.error, retryAfter: refusal.retryAfter, limit: refusal)
      return false
    }
  }

  private func collect(_ head: ProcessorHead) {
    // AIBrix's older plugin looks at the strategy before the body.
    if scope.settings.role == .replica, scope.context.settings.compatibility == .v04,
      let refusal = RequestRouting.refusal(ofStrategyIn: head, scope: scope)
    {
      return refuse(refusal.error)
    }
    guard admit(head, expecting: head.contentLength ?? 0) else { return }
    state = .collecting
    if head.isEndOfStream { return completeWithoutBody() }
    switch requestMode {
    case .none:
      if scope.settings.role == .replica, let name = head.selectedModel ?? head.model {
        repliesToHeadOnly = true
        return complete(named: name)
      }
      replyToHeaders(wanting: .buffered)
    case .streamed:
      if !sendsBodyWithoutWaiting { replyToHeaders(wanting: .buffered) }
    case .buffered, .bufferedPartial: replyToHeaders(wanting: nil)
    case .fullDuplexStreamed: break
    case .grpc: passOn(head)
    }
  }

  /// Lets the headers go on, so that the body comes.
  ///
  /// - Parameter mode: what Envoy is asked to send the body by instead.
  private func replyToHeaders(wanting mode: BodyMode?) {
    var headers = HeaderChanges()
    for name in head?.unwanted ?? [] { headers.remove(name) }
    // Unless Envoy takes the other mode, the head goes on before it is known how long the changed body is.
    if requestMode == .streamed { headers.remove("content-length") }
    hasHeadersReply = true
    wantsWholeBody = mode == .buffered
    reply {
      ProcessingReply.append(
        to: &$0, .requestHeaders, headers: headers,
        modes: mode.map { .init(requestBody: $0, responseBody: responseMode) })
    }
  }

  func takeRequestBody(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    guard state == .collecting else {
      // Not ours, or routed already.
      if state == .beginning { state = .forwarded }
      if case .passedThrough = endpoint {
        bodyBytes += bytes.count
        guard mayUpload(bodyBytes) else { return }
      }
      return reply {
        ProcessingReply.append(
          to: &$0, .requestBody,
          body: requestMode == .fullDuplexStreamed ? .piece(Array(bytes), isLast: isLast) : .none)
      }
    }
    bodyBytes += bytes.count
    guard bodyBytes <= scope.bodyLimit else { return refuse(tooLarge) }
    pieces += 1
    // A whole body has no end of the stream where trailers follow. Whether Envoy has taken the mode that it was asked for it
    // does not tell.
    if isLast || requestMode == .buffered || wantsWholeBody && bodyBytes == head?.contentLength {
      guard !body.isEmpty else { return complete(bytes, isLast: isLast) }
      body.append(contentsOf: bytes)
      return completeHeld(isLast: isLast)
    }
    switch requestMode {
    case .bufferedPartial:
      return refuse(
        .requestTooLarge("the request body is larger than Envoy's buffer; raise per_connection_buffer_limit_bytes"))
    case .streamed, .none:
      if hasHeadersReply {
        reply { ProcessingReply.append(to: &$0, .requestBody, body: .clear) }
      } else {
        waitingPieces += 1
      }
    case .fullDuplexStreamed, .buffered, .grpc: break
    }
    guard scope.context.load.hold(bytes: bytes.count) else { return receiveWithoutRoom() }
    heldBytes += bytes.count
    body.append(contentsOf: bytes)
  }

  func takeRequestTrailers() {
    if state == .collecting {
      if requestMode == .fullDuplexStreamed {
        completeHeld(isLast: false)
      } else if pieces > 0 {
        // The pieces have been taken out of the stream, and a reply to trailers cannot put a body back.
        return refuse(.invalidRequest("request trailers are not taken in streamed mode", code: "trailers"))
      }
    }
    guard state != .ended else { return }
    guard state != .reading, !waitsForReplica else {
      owesTrailersReply = true
      return
    }
    reply { ProcessingReply.appendTrailers(to: &$0, .requestTrailers) }
  }

  private func completeWithoutBody() {
    repliesToHeadOnly = true
    complete(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
  }

  private func completeHeld(isLast: Bool) {
    let whole = body
    whole.withUnsafeBytes { complete($0, isLast: isLast) }
  }

  func letBodyGo() {
    body = []
    guard heldBytes > 0 else { return }
    scope.context.load.release(bytes: heldBytes)
    heldBytes = 0
  }

  var tooLarge: APIError {
    .requestTooLarge(
      "the request body is larger than the limit of \(scope.bodyLimit) bytes (global.gateway.body_limit)")
  }
}
