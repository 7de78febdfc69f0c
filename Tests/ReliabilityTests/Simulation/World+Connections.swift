import Fleet
import Reliability

/// What a loop does with its pools, each step mirrored in the truth.
extension World {
  /// Hands one event to a pool, with what the other loops have, and records the change.
  private func with<Result>(
    _ loop: Int, _ replica: Int, _ event: (inout ConnectionPool, CircuitLimits.Use) -> Result
  ) -> Result {
    let load = placements[replica].replica.load
    let before = pools[loop][replica].use
    let others = CircuitLimits.Use(
      connections: load.connections - before.connections, pending: load.pending - before.pending)
    let result = event(&pools[loop][replica], others)
    let after = pools[loop][replica].use
    load.count(connections: after.connections - before.connections, pending: after.pending - before.pending)
    return result
  }

  func lease(_ copy: Copy) {
    let (loop, replica) = (copy.request.loop, copy.replica)
    switch with(loop, replica, { $0.lease(waiter: copy.serial, others: $1) }) {
    case .use(let connection):
      expect(truthPools[loop][replica].waiters.isEmpty, "a connection was idle while requests waited")
      take(loop, replica, connection, from: .idle, copy)
    case .open(let connection):
      truthPools[loop][replica].waiters.append(copy.serial)
      schedule(.copyTimesOut(serial: copy.serial), in: Self.waitTimeout)
      open(loop, replica, connection)
    case .wait:
      checkWait(replica)
      truthPools[loop][replica].waiters.append(copy.serial)
      schedule(.copyTimesOut(serial: copy.serial), in: Self.waitTimeout)
    case .overflow:
      tally.overflows += 1
      checkOverflow(replica)
      failed(copy, .overflow)
    }
    checkPool(loop, replica)
  }

  func giveUpWaiting(_ copy: Copy) {
    let (loop, replica) = (copy.request.loop, copy.replica)
    expect(with(loop, replica) { pool, _ in pool.waiterGone(copy.serial) }, "a waiter was not waiting")
    forget(copy.serial, loop, replica)
    checkPool(loop, replica)
  }

  /// The kept connection was dead: another one, for this copy alone.
  func renew(_ copy: Copy) {
    let (loop, replica) = (copy.request.loop, copy.replica)
    expect(!copy.wasRenewed, "a copy was sent on a fresh connection twice")
    tally.freshConnections += 1
    copies[copy.serial] = nil
    remove(loop, replica, copy.connection, .leased)
    let dead = copy.connection
    copy.serial = takeSerial()
    copy.phase = .waiting
    copy.since = now
    copy.connection = -1
    copy.wasRenewed = true
    copies[copy.serial] = copy
    schedule(.copyTimesOut(serial: copy.serial), in: Self.waitTimeout)
    guard let fresh = with(loop, replica, { pool, _ in pool.foundDead(dead, waiter: copy.serial) }) else {
      return expect(false, "no fresh connection in the place of a dead one")
    }
    open(loop, replica, fresh)
    truthPools[loop][replica].connections[fresh]?.owner = copy.serial
    truthPools[loop][replica].owners.insert(copy.serial)
    checkPool(loop, replica)
  }

  func connectEnded(_ loop: Int, _ replica: Int, _ connection: Int, _ succeeds: Bool) {
    let known = truthPools[loop][replica].connections[connection]
    expect(known?.phase == .connecting, "connection \(connection) opened that nobody opened")
    if succeeds, faults[replica] != .refuses {
      assign(
        loop, replica, connection, from: .connecting,
        with(loop, replica) { pool, _ in
          pool.connected(connection, now: now)
        })
      return checkPool(loop, replica)
    }
    let owner = known?.owner ?? -1
    remove(loop, replica, connection, .connecting)
    let failure = with(loop, replica) { $0.connectFailed(connection, now: now, others: $1) }
    if let waiter = failure.refusedWaiter {
      expect(
        waiter == (owner >= 0 ? owner : truthPools[loop][replica].waiters.first ?? -1),
        "waiter \(waiter) was refused out of order")
      forget(waiter, loop, replica)
    } else {
      expect(owner < 0, "the owner of a connection that failed was not told")
      let coming = truthPools[loop][replica].connections.values.count { $0.phase == .connecting && $0.owner < 0 }
      expect(truthPools[loop][replica].waiters.count <= coming, "a request waits for a connection nobody opens")
    }
    if let next = failure.open { open(loop, replica, next) }
    checkPool(loop, replica)
    if let waiter = failure.refusedWaiter, let copy = copies[waiter] { failed(copy, .cannotConnect) }
  }

  /// The exchange of a copy that was dropped is over and its connection whole.
  func endExchange(_ copy: Copy, keepsAlive: Bool) {
    let (loop, replica, connection) = (copy.request.loop, copy.replica, copy.connection)
    truthPools[loop][replica].connections[connection]?.answers += 1
    guard keepsAlive, truthPools[loop][replica].connections[connection]?.isDead == false else {
      return close(loop, replica, connection)
    }
    assign(
      loop, replica, connection, from: .leased,
      with(loop, replica) { pool, others in
        pool.released(connection, now: now, others: others)
      })
    checkPool(loop, replica)
  }

  func close(_ loop: Int, _ replica: Int, _ connection: Int) {
    guard let known = truthPools[loop][replica].connections[connection] else {
      return expect(false, "connection \(connection) was closed twice")
    }
    remove(loop, replica, connection, known.phase)
    if let next = with(loop, replica, { $0.closed(connection, others: $1) }) { open(loop, replica, next) }
    checkPool(loop, replica)
  }

  /// The connection that was just closed was all that kept requests of other loops waiting.
  private func madeRoom(_ loop: Int, _ replica: Int) -> Bool {
    with(loop, replica) { pool, others in
      others.pending > 0 && pool.open + 1 + others.connections >= settings.pool.limits.connections
    }
  }

  func doChores(_ loop: Int) {
    for replica in pools[loop].indices {
      var count = 0
      while let chore = with(loop, replica, { $0.nextChore(now: now, others: $1) }) {
        switch chore {
        case .close(let connection):
          remove(loop, replica, connection, .idle)
          let stays = truthPools[loop][replica].idle >= settings.pool.minimumIdle
          expect(isStopping || stays || madeRoom(loop, replica), "a connection was reaped that is wanted")
        case .open(let connection): open(loop, replica, connection)
        }
        count += 1
        guard count < 1_000 else { return expect(false, "the chores have no end") }
      }
      checkPool(loop, replica)
    }
  }

  // MARK: The engine's side

  func engineCloses(_ loop: Int, _ replica: Int, _ connection: Int) {
    guard let known = truthPools[loop][replica].connections[connection], !known.isDead, known.phase == .idle else {
      return
    }
    truthPools[loop][replica].connections[connection]?.isDead = true
    schedule(.closeArrives(loop: loop, replica: replica, connection: connection), in: random.span(100, 5_000))
  }

  func closeArrives(_ loop: Int, _ replica: Int, _ connection: Int) {
    guard truthPools[loop][replica].connections[connection]?.phase == .idle else { return }
    close(loop, replica, connection)
  }

  /// The engine's process ended: every connection to it is dead.
  func engineDies(_ replica: Int) {
    for loop in truthPools.indices {
      // In order, since a dictionary's order is another in every process.
      for connection in truthPools[loop][replica].connections.keys.sorted() {
        guard let known = truthPools[loop][replica].connections[connection], !known.isDead,
          known.phase != .connecting
        else { continue }
        truthPools[loop][replica].connections[connection]?.isDead = true
        if known.phase == .leased {
          schedule(.copyFails(serial: known.owner, .connectionClosed), in: random.span(100, 1_000))
        } else {
          schedule(.closeArrives(loop: loop, replica: replica, connection: connection), in: random.span(100, 5_000))
        }
      }
    }
  }

  func isDead(_ copy: Copy) -> Bool {
    truthPools[copy.request.loop][copy.replica].connections[copy.connection]?.isDead ?? true
  }

  func answers(_ copy: Copy) -> Int {
    truthPools[copy.request.loop][copy.replica].connections[copy.connection]?.answers ?? 0
  }

  // MARK: The truth

  private func open(_ loop: Int, _ replica: Int, _ connection: Int) {
    let previous = truthPools[loop][replica].connections.updateValue(Truth.Connection(), forKey: connection)
    expect(previous == nil, "connection \(connection) was opened twice")
    checkConnectionLimit(replica)
    let isLost = faults[replica] == .hangs && random.chance(percent: 50)
    schedule(
      .connectEnds(loop: loop, replica: replica, connection: connection, succeeds: !isLost),
      in: isLost ? .milliseconds(150) : random.span(100, 3_000))
  }

  private func assign(
    _ loop: Int, _ replica: Int, _ connection: Int, from phase: Truth.Connection.Phase,
    _ assignment: ConnectionPool.Assignment
  ) {
    let owner = truthPools[loop][replica].connections[connection]?.owner ?? -1
    switch assignment {
    case .give(let waiter):
      let isOwned = phase == .connecting && owner >= 0
      expect(
        waiter == (isOwned ? owner : truthPools[loop][replica].waiters.first ?? -1),
        "waiter \(waiter) was served out of order")
      forget(waiter, loop, replica)
      guard let copy = copies[waiter] else { return expect(false, "a request that is over got a connection") }
      take(loop, replica, connection, from: phase, copy)
    case .keep:
      expect(truthPools[loop][replica].waiters.isEmpty, "a connection became idle while requests waited")
      expect(phase == .leased || owner < 0, "a connection was kept from its owner")
      truthPools[loop][replica].connections[connection]?.phase = .idle
      truthPools[loop][replica].connections[connection]?.owner = -1
      truthPools[loop][replica].idle += 1
      expect(truthPools[loop][replica].idle <= settings.pool.maximumIdle, "too many connections are kept")
      if random.chance(percent: 30) {
        schedule(.engineCloses(loop: loop, replica: replica, connection: connection), in: random.span(1_000, 400_000))
      }
    case .close:
      let isFull = truthPools[loop][replica].idle >= settings.pool.maximumIdle
      expect(isStopping || isFull || madeRoom(loop, replica), "a connection was not kept")
      remove(loop, replica, connection, phase)
    }
  }

  private func take(
    _ loop: Int, _ replica: Int, _ connection: Int, from phase: Truth.Connection.Phase, _ copy: Copy
  ) {
    guard let known = truthPools[loop][replica].connections[connection] else {
      return expect(false, "connection \(connection) does not exist")
    }
    expect(known.phase == phase, "connection \(connection) has two owners")
    if phase == .idle { truthPools[loop][replica].idle -= 1 }
    truthPools[loop][replica].connections[connection]?.phase = .leased
    truthPools[loop][replica].connections[connection]?.owner = copy.serial
    sendOn(connection, copy)
  }

  private func remove(_ loop: Int, _ replica: Int, _ connection: Int, _ phase: Truth.Connection.Phase) {
    let known = truthPools[loop][replica].connections.removeValue(forKey: connection)
    expect(known?.phase == phase, "connection \(connection) ended in another phase than it was in")
    if phase == .idle { truthPools[loop][replica].idle -= 1 }
  }

  private func forget(_ waiter: Int, _ loop: Int, _ replica: Int) {
    if truthPools[loop][replica].owners.remove(waiter) != nil {
      for (connection, known) in truthPools[loop][replica].connections
      where known.owner == waiter && known.phase == .connecting {
        truthPools[loop][replica].connections[connection]?.owner = -1
      }
    } else if let place = truthPools[loop][replica].waiters.firstIndex(of: waiter) {
      truthPools[loop][replica].waiters.remove(at: place)
    } else {
      expect(false, "waiter \(waiter) was told twice")
    }
  }
}
