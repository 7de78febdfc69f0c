import ChatProtocols
import EnvoyWire
import Gateway
import HTTPWire
import Pipeline

/// Answers in the engine's place, and the accounts of a request that is over.
extension ProcessorSession {
  // MARK: Replies in the engine's place

  func answerLocally(_ local: LocalEndpoint, _ head: ProcessorHead) {
    guard head.method == "GET" || head.method == "HEAD" else {
      return refuse(.methodNotAllowed("method not allowed"), allow: "GET, HEAD")
    }
    let answer = LocalAnswer.make(local, snapshot: scope.snapshot, context: scope.context, isDraining: false)
    var headers = HeaderChanges()
    headers.set("content-type", to: answer.contentType.description)
    endImmediately(status: answer.status, headers: headers, body: answer.body, details: "local")
  }

  /// Answers a request that a decision has the router itself answer.
  func answer(_ own: RouterAnswer, _ plan: RoutePlan) {
    var headers = HeaderChanges()
    headers.set("content-type", to: own.isEventStream ? "text/event-stream" : "application/json")
    RouteHeaders.forEachOfOwnAnswer(plan, withDebug: head?.wantsDebugHeaders ?? false) { headers.set($0, to: $1) }
    endImmediately(status: own.status, headers: headers, body: own.body, details: "fast_response")
  }

  /// Answers the client with an error.
  ///
  /// - Parameters:
  ///   - reason: for the count of failed requests; nil for one that was not routed.
  ///   - limit: the limit that was met, told in its own words whatever the role.
  func refuse(
    _ error: APIError, allow: String? = nil, reason: String? = nil,
    retryAfter: Int = 0, limit: LimitRefusal? = nil
  ) {
    var headers = HeaderChanges()
    headers.set("content-type", to: "application/json")
    if let allow { headers.set("allow", to: allow) }
    if retryAfter > 0 { headers.set("retry-after", to: String(retryAfter)) }
    let isReplicaOnly = scope.settings.role == .replica
    // Where the replica is picked by others, the fields of their errors are theirs too.
    if let mark = error.mark, scope.settings.role != .model { headers.set(mark.field, to: mark.value) }
    if !isReplicaOnly {
      headers.set("x-vsr-schema-version", to: "2")
      headers.set("x-vsr-response-path", to: error.status == 429 ? "rate_limited" : "error")
    }
    if let limit {
      headers.set(limit.mark, to: "true")
      scope.metrics.limitRefusals(by: limit.reason).increment()
    }
    if let reason { scope.metrics.error(model: publicModel, reason: reason).increment() }
    endImmediately(
      status: error.status, headers: headers,
      body: limit?.body ?? (isReplicaOnly ? error.body : error.numericBody),
      details: error.code ?? "error")
  }

  func endImmediately(status: Int, headers: HeaderChanges, body: [UInt8], details: String) {
    var headers = headers
    headers.set("request-id", to: idText)
    if scope.settings.role != .replica { headers.set("x-request-id", to: requestID) }
    reply {
      ProcessingReply.appendImmediate(
        to: &$0, status: status, headers: headers, body: head?.method == "HEAD" ? [] : body, details: details)
    }
    self.status = status
    responseBytes = body.count
    let replica = placement?.name ?? ""
    if state == .answering { finishAnswer(isWhole: false) }
    endWaits()
    attempt?.settle(now: scope.now)
    placement = nil
    state = .ended
    hasAnswerEnded = true
    letBodyGo()
    account(replica: replica)
  }

  // MARK: Accounts

  /// Remembers for the log what prompt the replica was chosen for.
  func markPrompt() {
    if scope.context.logsPrefixes, promptMark == nil { promptMark = scope.chooser.lastPrompt }
  }

  /// Metrics and the access log, once a request of ours. A status of 0 says that Envoy did not show the answer.
  func account(replica: String) {
    guard !isAccounted, isRouted || status > 0 else { return }
    isAccounted = true
    let total = scope.now &- startedAt
    let first = (firstByteAt ?? scope.now) &- startedAt
    if isRouted, status > 0 {
      let metrics = scope.accounts.metrics(ofModel: publicModel)
      metrics.latency.observe(nanoseconds: total)
      if firstByteAt != nil { metrics.timeToFirstByte.observe(nanoseconds: first) }
    }
    if status > 0 { scope.accounts.countAnswer(status) }
    var name = head?.method ?? ""
    let method = name.withUTF8 { HTTPMethod(UnsafeRawBufferPointer($0)) }
    scope.accounts.log(
      AccessLogBuffer.Entry(
        method: method.name, path: head?.path ?? "", requestedModel: requestedModel, model: publicModel,
        decision: plan?.selection?.decision ?? "", replica: replica, strategy: attempt?.strategy,
        prefill: pair?.span, facts: facts, status: status, attempts: isRouted ? 1 : 0,
        milliseconds: Double(total) / 1e6, firstByteMilliseconds: Double(first) / 1e6, requestBytes: bodyBytes,
        responseBytes: responseBytes, prompt: promptMark),
      id: id)
  }
}
