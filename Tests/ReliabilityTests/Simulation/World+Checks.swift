import Balancing
import Fleet
import Reliability

/// What must hold.
extension World {
  // MARK: At each event, for what it touched

  func checkAdmission(_ verdict: LoadShedder.Verdict, _ priority: RequestPriority, _ bytes: Int) {
    let (requests, held) = (truth.live + 1, truth.bytes + bytes)
    let (most, mostBytes) = (settings.shedder.maximumRequests, settings.shedder.maximumBytes)
    switch verdict {
    case .admit: expect(requests <= most && held <= mostBytes, "a request was admitted above the limit")
    case .shed(let status, let retryAfter):
      let isHard = requests > most || held > mostBytes
      expect(status == (isHard ? 503 : 429), "a request was shed with \(status)")
      expect((1...30).contains(retryAfter), "a client is asked to wait \(retryAfter) s")
      let percent = priority.shedPercent
      expect(
        requests * 100 > most * percent || held * 100 > mostBytes * percent,
        "a request of priority \(priority) was shed at \(requests) of \(most) and \(held) of \(mostBytes)")
    }
  }

  func checkChoice(_ choice: ReplicaPicker.Choice, for request: SimulatedRequest) {
    let untried = placements.indices.filter { request.sentTo & 1 << UInt64($0) == 0 }
    let states = untried.map { placements[$0].replica.health.state(at: now) }
    let serving = zip(untried, states).filter { $1 == .ready || $1 == .unknown }.map(\.0)
    let ejected = zip(untried, states).filter { $1 == .ejected }.map(\.0)
    switch choice {
    case .noneReady: expect(serving.isEmpty && ejected.isEmpty, "replicas may be chosen and none was")
    case .allFull:
      let left = serving.isEmpty ? ejected : serving
      expect(
        !left.isEmpty && left.allSatisfy { truth.inFlight[$0] >= settings.limits.requests },
        "not all replicas are full")
    case .replica(let replica):
      expect(truth.inFlight[replica] < settings.limits.requests, "replica \(replica) was full and chosen")
      if ejected.contains(replica) {
        tally.lastResorts += 1
        expect(serving.isEmpty, "replica \(replica) is ejected and was chosen before others")
      } else {
        expect(serving.contains(replica), "replica \(replica) may not be chosen")
      }
      let factor = placements[replica].replica.health.slowStartFactor(at: now)
      if factor < 1 { tally.slowStarts += 1 }
      let floor = settings.ejection.slowStart.floor
      expect(factor >= floor - 0.001 && factor <= 1, "the slow start of replica \(replica) is \(factor)")
    }
  }

  /// After an event that may have ejected a replica.
  func checkEjection(_ replica: Int) {
    let health = placements[replica].replica.health
    let count = health.ejections
    guard count > truth.ejections[replica] else {
      return expect(health.ejectionEnd == truth.ejectedUntil[replica], "an ejection grew while it ran")
    }
    expect(count == truth.ejections[replica] + 1, "a replica was ejected twice at once")
    expect(truth.ejectedUntil[replica] <= now, "a replica was ejected that was ejected already")
    truth.ejections[replica] = count
    truth.ejectedUntil[replica] = health.ejectionEnd
    tally.ejections += 1
    let out = placements.count { $0.replica.health.state(at: now) == .ejected }
    let limit = settings.outliers.ejectionLimit(ofReplicas: placements.count)
    expect(out <= limit, "\(out) of \(placements.count) replicas are ejected, \(limit) may be")
    let span = health.ejectionEnd - now
    var step = settings.ejection.base
    var number = 1
    while step < span {
      step = min(step * 2, settings.ejection.longest)
      number += 1
      guard number <= 64 else { break }
    }
    expect(span == step, "an ejection lasts \(span) ns, which is no step of the back-off")
    expect(number <= count, "ejection \(count) of replica \(replica) lasts as the \(number)th would")
    expect(health.state(at: health.ejectionEnd) != .ejected, "an ejection has no end")
  }

  func checkRetry(_ request: SimulatedRequest, _ failure: AttemptFailure) {
    expect(failure.mayBeSentAgain, "a request was sent again after \(failure)")
    expect(!request.attempts.hasFirstByte, "a request was sent again after its answer had begun")
    // No engine got the request, so going on adds nothing to the load.
    guard failure != .overflow else { return }
    let (loop, window) = (request.loop, settings.budgetWindow)
    truth.retries[loop].append(now)
    let retries = truth.retries[loop].count(since: now - min(now, window / 10 * 9))
    let requests = truth.requestsForRetries[loop].count(since: now - min(now, window))
    let allowed = Double(settings.budgetReserve) + settings.budgetRatio * Double(requests)
    expect(Double(retries) <= allowed + 0.001, "\(retries) retries of \(requests) requests, allowed are \(allowed)")
  }

  func checkHedge(_ request: SimulatedRequest) {
    expect(request.copies.count == 1, "a request with \(request.copies.count) copies was hedged")
    let loop = request.loop
    truth.hedges[loop].append(now)
    let hedges = truth.hedges[loop].count(since: now - min(now, .seconds(9)))
    let requests = truth.requestsForHedges[loop].count(since: now - min(now, .seconds(10)))
    expect(
      Double(hedges) <= settings.hedgeShare * Double(requests) + 0.001, "\(hedges) hedges of \(requests) requests")
  }

  func checkOverflow(_ replica: Int) {
    let open = truthPools.reduce(0) { $0 + $1[replica].connections.count }
    let waiting = truthPools.reduce(0) { $0 + $1[replica].waiting }
    expect(
      open >= settings.limits.connections && waiting >= settings.limits.pending,
      "a request was refused at \(open) connections and \(waiting) waiting")
  }

  /// Before a request is queued without a connection being opened for it.
  func checkWait(_ replica: Int) {
    let open = truthPools.reduce(0) { $0 + $1[replica].connections.count }
    let waiting = truthPools.reduce(0) { $0 + $1[replica].waiting }
    expect(
      open < settings.limits.connections || waiting < settings.limits.pending,
      "a request waits at \(open) connections and \(waiting) waiting")
  }

  func checkConnectionLimit(_ replica: Int) {
    let open = truthPools.reduce(0) { $0 + $1[replica].connections.count }
    expect(open <= settings.limits.connections + settings.loops - 1, "\(open) connections to replica \(replica)")
  }

  func checkPool(_ loop: Int, _ replica: Int) {
    let known = truthPools[loop][replica]
    let (open, idle, waiting) = (pools[loop][replica].open, pools[loop][replica].idle, pools[loop][replica].waiting)
    expect(open == known.connections.count, "a pool has \(open) connections, there are \(known.connections.count)")
    expect(idle == known.idle, "a pool has \(idle) idle connections, there are \(known.idle)")
    expect(waiting == known.waiting, "a pool has \(waiting) waiters, there are \(known.waiting)")
    expect(known.waiters.isEmpty || known.idle == 0, "requests wait while connections are idle")
    expect(known.waiting == 0 || open > 0, "requests wait for no connection")
    expect(
      known.waiting <= settings.limits.pending + settings.limits.connections + settings.loops,
      "\(known.waiting) requests wait")
    let inFlight = placements[replica].replica.load.inFlight
    expect(inFlight == truth.inFlight[replica], "a replica counts \(inFlight), it has \(truth.inFlight[replica])")
    expect(inFlight <= settings.limits.requests, "replica \(replica) has \(inFlight) requests")
  }

  // MARK: Now and then, everything

  func checkEverything() {
    expect(requests.count == truth.live, "\(requests.count) requests are live, counted were \(truth.live)")
    expect(load.requests == truth.live, "the gateway counts \(load.requests) requests of \(truth.live)")
    expect(load.bytes == truth.bytes, "the gateway counts \(load.bytes) bytes of \(truth.bytes)")
    expect(requests.values.reduce(0) { $0 + $1.bytes } == truth.bytes, "bytes of requests that are over are held")
    expect(
      tally.requests == tally.served + tally.refused + tally.broken + tally.left + tally.abandoned + tally.shed
        + truth.live, "requests were lost or answered twice")
    var inFlight = Array(repeating: 0, count: settings.replicas)
    for copy in copies.values { inFlight[copy.replica] += 1 }
    expect(inFlight == truth.inFlight, "copies \(inFlight), counted were \(truth.inFlight)")
    for (serial, copy) in copies {
      expect(copy.serial == serial && copy.request.copies.contains { $0 === copy }, "a copy belongs to no request")
    }
    for request in requests.values {
      expect(!request.copies.isEmpty, "request \(request.id) waits for nothing")
      expect(request.attempts.underWay == request.copies.count, "request \(request.id) miscounts its copies")
      expect(now - request.arrivedAt < .seconds(10), "request \(request.id) is forgotten")
    }
    for replica in 0..<settings.replicas { checkConnections(of: replica) }
  }

  private func checkConnections(of replica: Int) {
    var use = CircuitLimits.Use()
    let load = placements[replica].replica.load
    for loop in 0..<settings.loops {
      checkPool(loop, replica)
      use.connections += pools[loop][replica].open
      use.pending += pools[loop][replica].waiting
      var owners: Set<Int> = []
      for (connection, known) in truthPools[loop][replica].connections where known.phase == .leased {
        expect(owners.insert(known.owner).inserted, "copy \(known.owner) has two connections")
        expect(copies[known.owner]?.connection == connection, "connection \(connection) is leased to nobody")
      }
      expect(owners.count == pools[loop][replica].leased, "a pool miscounts what is leased")
      for waiter in truthPools[loop][replica].waiters {
        expect(copies[waiter]?.phase == .waiting, "a request that is over waits")
      }
    }
    expect(
      use.connections == load.connections && use.pending == load.pending, "replica \(replica) miscounts its connections"
    )
  }

  func checkNothingIsLeft() {
    expect(copies.isEmpty && requests.isEmpty, "copies are left")
    expect(load.requests == 0 && load.bytes == 0, "the gateway's counters are not at zero")
    for placement in placements {
      let load = placement.replica.load
      expect(load.inFlight == 0, "replica \(placement.name) counts \(load.inFlight) requests at the end")
      expect(load.connections == 0 && load.pending == 0, "replica \(placement.name) counts connections at the end")
      expect(placement.replica.health.state(at: .max) != .ejected, "an ejection has no end")
    }
    for loop in pools {
      for pool in loop { expect(pool.open == 0 && pool.waiting == 0, "a pool ended with connections or waiters") }
    }
  }
}
