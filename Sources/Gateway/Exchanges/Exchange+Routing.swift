import Balancing
import ChatProtocols
import Fleet
import NIOCore
import Pipeline
import Reading
import Reliability

/// From the prompt to the model: the plan, the encoder's reading that it may wait for, the model's limits.
extension Exchange {
  /// The body is whole: finds out what it is about and where it goes.
  func route(_ endpoint: ModelEndpoint) {
    startedAt = loop.time
    wantsDebugHeaders = isTrue(.vsrDebug)
    do throws(APIError) {
      let planning = try body.withUnsafeReadableBytes { (bytes) throws(APIError) in
        try loop.context.pipeline.begin(
          body: bytes, endpoint: endpoint, snapshot: loop.snapshot,
          options: .init(readsEverything: wantsDebugHeaders, skipsProcessing: isTrue(.vsrSkipProcessing)))
      }
      switch planning {
      case .planned(let plan): take(plan)
      case .reading(let reading): wait(for: reading)
      }
    } catch {
      requestedModel = body.withUnsafeReadableBytes { try? RequestFacts.scan(body: $0, endpoint: endpoint).model } ?? ""
      answer(error)
    }
  }

  /// The encoder reads on a thread of its own; the loop goes on with others.
  private func wait(for reading: UnfinishedPlan) {
    phase = .reading
    self.reading = reading
    deadline = listener.requestTimeout.map { startedAt + $0 }
    let eventLoop = loop.eventLoop
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    reading.read { encoding in
      eventLoop.execute { bound.value.finish(reading, encoding) }
    }
  }

  private func finish(_ reading: UnfinishedPlan, _ encoding: PromptEncoding) {
    // The client may have left.
    guard phase == .reading else { return }
    phase = .receiving
    self.reading = nil
    _ = loop.refreshTime()
    loop.context.metrics.count(encoding)
    do throws(APIError) {
      take(
        try body.withUnsafeReadableBytes { (bytes) throws(APIError) in
          try loop.context.pipeline.finish(reading, encoding: encoding, body: bytes)
        })
    } catch {
      requestedModel = reading.facts.model
      answer(error)
    }
    client.flush()
  }

  private func take(_ plan: RoutePlan) {
    loop.accounts.count(plan, nanoseconds: UInt64(max(0, (loop.refreshTime() - startedAt).nanoseconds)))
    if let decision = plan.selection?.decision { self.decision = decision }
    requestedModel = plan.facts.model
    if let own = plan.ownAnswer(created: loop.context.wallClock()) { return answer(own, plan) }
    if user != nil, let refusal = loop.context.limits.refusal(ofUsersRequest: plan.facts) {
      take(refusal)
      return answer(refusal.error)
    }
    self.plan = plan
    send(to: plan.model, adapter: plan.adapter)
  }

  /// The model is known: from here on it is about replicas.
  func send(to name: String, adapter: String?) {
    self.adapter = adapter
    publicModel = adapter ?? name
    let counters = loop.accounts.metrics(ofModel: publicModel)
    modelCounters = counters
    counters.requests.increment()
    phase = .waiting
    guard let model = loop.model(named: name) else {
      return refused(.noBackend)
    }
    self.model = model
    placements = model.model.placements(for: adapter)
    do throws(ReplicaWishError) {
      wish = try ReplicaWish(
        model.balancing.strategies, among: placements,
        tokens: RequestTokens(plan?.facts.size ?? upload?.prompt?.size, by: model.balancing),
        hasPairs: model.model.hasPairs
      ) { fieldValue(named: $0) }
    } catch {
      return failed(error.apiError, reason: error.reason)
    }
    guard !placements.isEmpty || model.model.hasPairs else { return refused(.noBackend) }
    if let filter = wish?.filter {
      placements = model.model.placements(for: adapter, taking: filter)
      if placements.isEmpty, pairedPlacements.isEmpty { return refused(.filteredOut) }
    }
    do throws(LimitRefusal) {
      rateCharge = try loop.context.limits.admit(
        requestTo: name, limit: model.balancing.strategies.requestsPerSecond, profile: wish?.profile,
        profileLimit: wish?.profileLimit)
    } catch {
      take(error)
      return failed(error.error, reason: error.reason)
    }
    let policy = model.model.policy
    var limit = policy.totalTimeout == .max ? nil : TimeAmount(policy.totalTimeout)
    if let timeout = listener.requestTimeout { limit = min(limit ?? timeout, timeout) }
    deadline = limit.map { startedAt + $0 }
    attempts = AttemptMachine(attemptLimit: policy.attempts)
    model.budget.requestBegan(now: loop.now)
    guard !waitsForTokens(of: model) else { return }
    makeFirstAttempt()
  }
}
