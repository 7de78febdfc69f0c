import Balancing
import Fleet
import Reliability

/// What a gateway does with a request.
extension World {
  enum Outcome { case served, refused, broken, left, abandoned }

  // MARK: Begin and end

  func arrive(_ loop: Int) {
    guard !isStopping else { return }
    schedule(.clientArrives(loop: loop), in: random.span(0, 2 * settings.meanGap))
    tally.requests += 1
    let priority = RequestPriority.allCases[random.below(3)]
    let bytes = random.below(20_000)
    let expected = random.chance(percent: 80) ? bytes : 0
    let verdict = load.requestBegan(priority: priority, expectedBytes: expected, random: &random)
    checkAdmission(verdict, priority, expected)
    guard verdict == .admit else {
      tally.shed += 1
      return
    }
    truth.live += 1
    let request = SimulatedRequest(
      id: tally.requests, loop: loop, arrivedAt: now, attemptLimit: settings.attemptLimit)
    requests[request.id] = request
    guard load.hold(bytes: bytes) else {
      expect(truth.bytes + bytes > settings.shedder.maximumBytes, "bytes were refused below their limit")
      return finish(request, .refused)
    }
    request.bytes = bytes
    truth.bytes += bytes
    expect(truth.bytes <= settings.shedder.maximumBytes, "\(truth.bytes) bytes are held")
    budgets[loop].requestBegan(now: now)
    truth.requestsForRetries[loop].append(now)
    if settings.hedge != .never { truth.requestsForHedges[loop].append(now) }
    if let delay = hedging[loop].requestBegan(now: now) { schedule(.hedgeDue(request: request.id), in: delay) }
    if random.chance(percent: 4) { schedule(.clientLeaves(request: request.id), in: random.span(0, 150_000)) }
    dispatch(request)
  }

  func leave(_ request: SimulatedRequest) { withdraw(request, .left) }
  func abandon(_ request: SimulatedRequest) { withdraw(request, .abandoned) }

  private func withdraw(_ request: SimulatedRequest, _ outcome: Outcome) {
    for copy in request.copies { cancel(copy) }
    finish(request, outcome)
  }

  private func finish(_ request: SimulatedRequest, _ outcome: Outcome) {
    expect(requests.removeValue(forKey: request.id) != nil, "request \(request.id) was answered twice")
    expect(request.copies.isEmpty, "request \(request.id) is over and a copy of it is not")
    request.attempts.ended()
    load.release(bytes: request.bytes)
    load.requestEnded()
    truth.bytes -= request.bytes
    truth.live -= 1
    switch outcome {
    case .served: tally.served += 1
    case .refused: tally.refused += 1
    case .broken: tally.broken += 1
    case .left: tally.left += 1
    case .abandoned: tally.abandoned += 1
    }
    if isStopping {
      let action = drain.connectionsLeft(truth.live)
      expect(truth.live > 0 || action == .exit || drain.state == .stopped, "the last request ended no drain")
    }
  }

  // MARK: Copies

  /// Sends the request to a replica that it was not sent to.
  private func dispatch(_ request: SimulatedRequest) {
    let choice = ReplicaPicker.pick(among: placements, excluding: request.tried, now: now, random: &random)
    checkChoice(choice, for: request)
    switch choice {
    case .allFull:
      tally.allFull += 1
      expect(request.attempts.attempts == 0, "a retry was promised a replica and all are full")
      finish(request, .refused)
    case .noneReady:
      tally.noneReady += 1
      expect(request.attempts.attempts == 0, "a retry was promised a replica and none is ready")
      finish(request, .refused)
    case .replica(let replica):
      begin(request, on: replica)
    }
  }

  private func begin(_ request: SimulatedRequest, on replica: Int) {
    truth.inFlight[replica] += 1
    expect(request.sentTo & 1 << UInt64(replica) == 0, "request \(request.id) goes to replica \(replica) again")
    request.sentTo |= 1 << UInt64(replica)
    request.tried.insert(placements[replica].replica.id)
    request.attempts.attemptBegan()
    let limit = max(settings.attemptLimit, request.copies.count + 1)
    expect(request.attempts.attempts <= limit, "request \(request.id) is over its attempts")
    let copy = Copy(request: request, replica: replica, serial: takeSerial(), since: now)
    copies[copy.serial] = copy
    request.copies.append(copy)
    expect(request.copies.count <= 2, "request \(request.id) has a third copy")
    lease(copy)
  }

  func takeSerial() -> Int {
    nextSerial += 1
    return nextSerial
  }

  func sendOn(_ connection: Int, _ copy: Copy) {
    expect(copy.phase == .waiting, "a copy that has a connection was given another")
    copy.phase = .sent
    copy.since = now
    copy.connection = connection
    schedule(.copyTimesOut(serial: copy.serial), in: settings.firstByteTimeout)
    engineReceives(copy)
  }

  func hedge(_ request: SimulatedRequest) {
    let action = hedging[request.loop].decide(
      elapsed: now - request.arrivedAt, attempts: request.attempts, hasOtherReplica: hasOther(request), now: now)
    switch action {
    case .never: break
    case .wait(let span):
      expect(span > 0, "a hedge waits for no time")
      schedule(.hedgeDue(request: request.id), in: span)
    case .send:
      tally.hedges += 1
      checkHedge(request)
      dispatch(request)
      // Asking again must not get it a third copy.
      schedule(.hedgeDue(request: request.id), in: .milliseconds(5))
    }
  }

  private func hasOther(_ request: SimulatedRequest) -> Bool {
    ReplicaPicker.hasCandidate(among: placements, excluding: request.tried, now: now)
  }

  /// Ends a copy's claim on its replica's counter.
  private func drop(_ copy: Copy) {
    expect(copies.removeValue(forKey: copy.serial) != nil, "a copy ended twice")
    copy.request.copies.removeAll { $0 === copy }
    placements[copy.replica].replica.load.end()
    truth.inFlight[copy.replica] -= 1
  }

  private func cancel(_ copy: Copy) {
    drop(copy)
    if copy.phase == .waiting { giveUpWaiting(copy) } else { close(copy.request.loop, copy.replica, copy.connection) }
  }

  // MARK: What the engine does

  func timeOut(_ copy: Copy) {
    switch copy.phase {
    case .waiting:
      guard now - copy.since >= Self.waitTimeout else { return }
      tally.waiterTimeouts += 1
      giveUpWaiting(copy)
      failed(copy, .overflow)
    case .sent:
      guard now - copy.since >= settings.firstByteTimeout else { return }
      failed(copy, .firstByteTimedOut)
    case .streaming: break
    }
  }

  func firstByte(_ copy: Copy) {
    guard copy.phase == .sent, !isDead(copy) else { return }
    let request = copy.request
    for other in request.copies where other !== copy { cancel(other) }
    request.attempts.firstByteReceived()
    hedging[request.loop].firstByteReceived(after: now - copy.since, now: now)
    copy.phase = .streaming
    let breaks = faults[copy.replica] == .breaksOff ? random.chance(percent: 70) : random.chance(percent: 1)
    if breaks {
      schedule(.copyFails(serial: copy.serial, .midway), in: random.span(500, 50_000))
    } else {
      schedule(.answerEnds(serial: copy.serial), in: random.span(500, 100_000))
    }
  }

  func endAnswer(_ copy: Copy) {
    guard copy.phase == .streaming, !isDead(copy) else { return }
    let (request, replica) = (copy.request, copy.replica)
    outcomes[replica].successes += 1
    placements[replica].replica.requestSucceeded(now: now)
    checkEjection(replica)
    drop(copy)
    endExchange(copy, keepsAlive: random.chance(percent: 90))
    finish(request, .served)
  }

  func engineFailed(_ copy: Copy, _ failure: SimulatedFailure) {
    switch (copy.phase, failure) {
    case (.waiting, _), (.sent, .midway): break
    case (.streaming, .midway), (.streaming, .connectionClosed): failed(copy, .brokeMidway)
    case (.streaming, _): break
    case (.sent, .garbage): failed(copy, .malformedHead)
    case (.sent, .status(let status)): failed(copy, .refused(status: status))
    case (.sent, .connectionClosed):
      failed(copy, answers(copy) > 0 && !copy.wasRenewed ? .keptConnectionClosed : .closedBeforeAnswer)
    }
  }

  func failed(_ copy: Copy, _ failure: AttemptFailure) {
    let (request, replica) = (copy.request, copy.replica)
    if failure.countsAgainstReplica {
      outcomes[replica].failures += 1
      _ = model.requestFailed(
        on: placements[replica].replica, adapter: nil, isPaired: false, reason: "\(failure)", now: now)
      checkEjection(replica)
    }
    let denied = budgets[request.loop].balance(now: now) == 0
    let action = request.attempts.failed(
      failure, budget: &budgets[request.loop], hasOtherReplica: hasOther(request), now: now)
    if action == .retryOnFreshConnection { return renew(copy) }
    drop(copy)
    if copy.phase != .waiting {
      if case .refused = failure {
        endExchange(copy, keepsAlive: random.chance(percent: 50))
      } else {
        close(request.loop, replica, copy.connection)
      }
    }
    switch action {
    case .retry:
      tally.retries += 1
      checkRetry(request, failure)
      dispatch(request)
    case .awaitOther: expect(request.copies.count == 1, "request \(request.id) waits for a copy that it has not")
    case .answer(let status, let reason):
      expect((500...599).contains(status), "a failure was answered \(status)")
      if reason == .budget {
        tally.budgetDenied += 1
        expect(denied, "a retry was denied with budget left")
      }
      finish(request, .refused)
    case .breakOff: finish(request, .broken)
    case .retryOnFreshConnection, .ignore: expect(false, "a copy failed that was not under way")
    }
  }
}
