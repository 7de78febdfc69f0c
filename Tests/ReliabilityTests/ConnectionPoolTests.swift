import Reliability
import Testing

@Suite("Connections of a loop to a replica") struct ConnectionPoolTests {
  private func pool(
    connections: Int = 4, pending: Int = 2, keeping: Int = 3, warming: Int = 0
  ) -> ConnectionPool {
    ConnectionPool(
      settings: .init(
        limits: CircuitLimits(connections: connections, pending: pending), maximumIdle: keeping, minimumIdle: warming,
        idleTimeout: .seconds(50)))
  }

  /// Opens a connection for a waiter and hands it over.
  private func open(_ pool: inout ConnectionPool, _ waiter: Int, now: UInt64 = 1) -> Int {
    guard case .open(let connection) = pool.lease(waiter: waiter),
      pool.connected(connection, now: now) == .give(waiter: waiter)
    else {
      Issue.record("waiter \(waiter) got no connection")
      return -1
    }
    return connection
  }

  @Test("an idle connection is used, the last used first")
  func lastUsedFirst() {
    var pool = pool()
    let (a, b) = (open(&pool, 1), open(&pool, 2))
    #expect(pool.released(a, now: 2) == .keep)
    #expect(pool.released(b, now: 3) == .keep)
    #expect(pool.idle == 2)
    #expect(pool.lease(waiter: 3) == .use(connection: b))
    #expect(pool.lease(waiter: 4) == .use(connection: a))
    #expect(pool.leased == 2)
  }

  @Test("a released connection goes to whoever has waited longest, before the one being opened is there")
  func firstComeFirstServed() {
    var pool = pool(connections: 2)
    let a = open(&pool, 1)
    guard case .open(let b) = pool.lease(waiter: 2) else { return #expect(Bool(false)) }
    #expect(pool.lease(waiter: 3) == .wait)
    #expect(pool.released(a, now: 2) == .give(waiter: 2))
    #expect(pool.connected(b, now: 3) == .give(waiter: 3))
    #expect(pool.released(a, now: 4) == .keep)
    #expect(pool.waiting == 0)
  }

  @Test("above the limits a request waits, then overflows")
  func limits() {
    var pool = pool(connections: 2, pending: 1)
    _ = open(&pool, 1)
    _ = open(&pool, 2)
    #expect(pool.lease(waiter: 3) == .wait)
    #expect(pool.lease(waiter: 4) == .overflow)
    #expect(pool.use == CircuitLimits.Use(connections: 2, pending: 1))
  }

  @Test("connections of other loops count, but a loop without any may open one")
  func otherLoops() {
    let full = CircuitLimits.Use(connections: 4, pending: 2)
    var pool = pool()
    guard case .open(let a) = pool.lease(waiter: 1, others: full) else { return #expect(Bool(false)) }
    #expect(pool.lease(waiter: 2, others: full) == .overflow)
    #expect(pool.lease(waiter: 2, others: .init(connections: 4, pending: 0)) == .wait)
    #expect(pool.connected(a, now: 1) == .give(waiter: 1))
    #expect(pool.nextChore(now: 2, others: full) == nil)
    // Another loop has closed one: time brings it up.
    guard case .open(let b) = pool.nextChore(now: 2, others: .init(connections: 1)) else {
      return #expect(Bool(false))
    }
    #expect(pool.nextChore(now: 2, others: .init(connections: 1)) == nil)
    #expect(pool.connected(b, now: 3) == .give(waiter: 2))
  }

  @Test("the verdict's documented values")
  func verdicts() {
    let limits = CircuitLimits(connections: 4, pending: 2)
    let one = CircuitLimits.Use(connections: 1)
    #expect(limits.verdict(own: one, others: .init(connections: 2)) == .open)
    #expect(limits.verdict(own: one, others: .init(connections: 3)) == .wait)
    #expect(limits.verdict(own: one, others: .init(connections: 3, pending: 2)) == .overflow)
    #expect(limits.verdict(own: .init(), others: .init(connections: 4, pending: 2)) == .open)
    #expect(CircuitLimits().connections == 1_024)
    #expect(CircuitLimits().pending == 1_024)
  }

  @Test("a failure to connect refuses the one that has waited longest and opens for the next")
  func connectFails() {
    var pool = pool(connections: 1, pending: 3)
    guard case .open(let a) = pool.lease(waiter: 1) else { return #expect(Bool(false)) }
    #expect(pool.lease(waiter: 2) == .wait)
    let failure = pool.connectFailed(a, now: 1)
    #expect(failure.refusedWaiter == 1)
    guard let b = failure.open else { return #expect(Bool(false)) }
    #expect(b != a)
    #expect(pool.connectFailed(b, now: 2) == .init(refusedWaiter: 2, open: nil))
    #expect(pool.open == 0)
    #expect(pool.connectFailed(b, now: 2) == .init())
  }

  @Test("a failure to connect refuses nobody when another connection is on its way for them")
  func connectFailsBeside() {
    var pool = pool()
    guard case .open(let a) = pool.lease(waiter: 1), case .open(let b) = pool.lease(waiter: 2) else {
      return #expect(Bool(false))
    }
    #expect(pool.waiterGone(1) == true)
    #expect(pool.connectFailed(a, now: 1) == .init())
    #expect(pool.connected(b, now: 1) == .give(waiter: 2))
  }

  @Test("a connection that closes while requests wait is replaced")
  func closedWhileWaiting() {
    var pool = pool(connections: 1)
    let a = open(&pool, 1)
    #expect(pool.lease(waiter: 2) == .wait)
    guard let b = pool.closed(a) else { return #expect(Bool(false)) }
    #expect(pool.connected(b, now: 2) == .give(waiter: 2))
    #expect(pool.closed(b) == nil)
    #expect(pool.closed(b) == nil)
    #expect(pool.open == 0)
  }

  @Test("a dead kept connection is replaced for its own request, ahead of those that wait")
  func foundDead() {
    var pool = pool(connections: 1)
    let a = open(&pool, 1)
    #expect(pool.lease(waiter: 2) == .wait)
    guard let b = pool.foundDead(a, waiter: 1) else { return #expect(Bool(false)) }
    #expect(pool.open == 1)
    #expect(pool.waiting == 2)
    #expect(pool.connected(b, now: 2) == .give(waiter: 1))
    #expect(pool.released(b, now: 3) == .give(waiter: 2))
    #expect(pool.foundDead(a, waiter: 1) == nil)
  }

  @Test("the owner of a replaced connection is told when it cannot be opened")
  func foundDeadAndRefused() {
    var pool = pool(connections: 1)
    let a = open(&pool, 1)
    #expect(pool.lease(waiter: 2) == .wait)
    guard let b = pool.foundDead(a, waiter: 1) else { return #expect(Bool(false)) }
    let failure = pool.connectFailed(b, now: 2)
    #expect(failure.refusedWaiter == 1)
    guard let c = failure.open else { return #expect(Bool(false)) }
    #expect(pool.connected(c, now: 3) == .give(waiter: 2))
  }

  @Test("a waiter that leaves frees its place; what was opened for it is kept")
  func waiterGone() {
    var pool = pool()
    guard case .open(let a) = pool.lease(waiter: 1) else { return #expect(Bool(false)) }
    #expect(pool.waiterGone(1) == true)
    #expect(pool.waiterGone(1) == false)
    #expect(pool.lease(waiter: 2) == .wait, "the connection that is being opened will do")
    #expect(pool.waiterGone(2) == true)
    #expect(pool.connected(a, now: 2) == .keep)
    #expect(pool.lease(waiter: 3) == .use(connection: a))
  }

  @Test("a leaving owner leaves its connection to the others")
  func ownerGone() {
    var pool = pool(connections: 1)
    let a = open(&pool, 1)
    #expect(pool.lease(waiter: 2) == .wait)
    guard let b = pool.foundDead(a, waiter: 1) else { return #expect(Bool(false)) }
    #expect(pool.waiterGone(1) == true)
    #expect(pool.connected(b, now: 2) == .give(waiter: 2))
  }

  @Test("waiters keep their order when some between leave, over many rounds")
  func orderKept() {
    var pool = pool(connections: 1, pending: 100)
    let a = open(&pool, 0)
    var next = 1
    var expected: [Int] = []
    for round in 0..<50 {
      for _ in 0..<3 {
        #expect(pool.lease(waiter: next) == .wait)
        expected.append(next)
        next += 1
      }
      let leaver = expected.remove(at: (round * 7) % expected.count)
      #expect(pool.waiterGone(leaver) == true)
      #expect(pool.released(a, now: 1) == .give(waiter: expected.removeFirst()))
    }
    #expect(pool.waiting == 50)
  }

  @Test("enough idle ones are kept, those idle for too long are closed, the oldest first")
  func reaping() {
    var pool = pool(connections: 4, keeping: 2)
    let connections = [open(&pool, 1), open(&pool, 2), open(&pool, 3)]
    #expect(pool.released(connections[0], now: .seconds(1)) == .keep)
    #expect(pool.released(connections[1], now: .seconds(2)) == .keep)
    #expect(pool.released(connections[2], now: .seconds(3)) == .close)
    #expect(pool.nextChore(now: .seconds(50)) == nil)
    #expect(pool.nextChore(now: .seconds(51)) == .close(connection: connections[0]))
    #expect(pool.nextChore(now: .seconds(51)) == nil)
    #expect(pool.nextChore(now: .seconds(52)) == .close(connection: connections[1]))
    #expect(pool.open == 0)
  }

  @Test("connections are opened ahead up to the wish, and not again at once when that fails")
  func warming() {
    var pool = pool(warming: 2)
    guard case .open(let a) = pool.nextChore(now: 1), case .open(let b) = pool.nextChore(now: 1) else {
      return #expect(Bool(false))
    }
    #expect(pool.nextChore(now: 1) == nil)
    #expect(pool.connectFailed(a, now: .seconds(1)) == .init())
    #expect(pool.nextChore(now: .seconds(2) - 1) == nil)
    guard case .open(let c) = pool.nextChore(now: .seconds(2)) else { return #expect(Bool(false)) }
    #expect(pool.connectFailed(c, now: .seconds(2)) == .init())
    #expect(pool.nextChore(now: .seconds(4) - 1) == nil, "the pause doubles")
    #expect(pool.connected(b, now: .seconds(3)) == .keep)
    guard case .open(let d) = pool.nextChore(now: .seconds(3)) else { return #expect(Bool(false)) }
    #expect(pool.connected(d, now: .seconds(3)) == .keep)
    #expect(pool.nextChore(now: .seconds(500)) == nil, "the minimum is not reaped")
    #expect(pool.lease(waiter: 1) == .use(connection: d))
  }

  @Test("a draining pool keeps nothing")
  func draining() {
    var pool = pool(warming: 1)
    let (a, b) = (open(&pool, 1), open(&pool, 2))
    #expect(pool.released(a, now: 1) == .keep)
    pool.drain()
    #expect(pool.nextChore(now: 1) == .close(connection: a))
    #expect(pool.nextChore(now: 1) == nil)
    #expect(pool.released(b, now: 1) == .close)
    #expect(pool.open == 0)
  }

  @Test("events of dead connections change nothing")
  func deadConnections() {
    var pool = pool()
    let a = open(&pool, 1)
    #expect(pool.closed(a) == nil)
    #expect(pool.released(a, now: 1) == .close)
    #expect(pool.connected(a, now: 1) == .close)
    #expect(pool.closed(-1) == nil)
    #expect(pool.closed(.max) == nil)
    let b = open(&pool, 2)
    #expect(b != a, "the slot is the same, the identity is not")
    #expect(pool.released(a, now: 1) == .close)
    #expect(pool.leased == 1)
  }

  @Test(
    "a connection is kept as long as the settings say or the engine, less a second",
    arguments: [
      (nil, nil, 4), (nil, 75, 74), (nil, 5, 4), (nil, 1, 0), (nil, 0, 0), (50, nil, 50), (50, 5, 4), (50, 75, 50),
    ] as [(UInt64?, UInt64?, UInt64)])
  func idleTimes(settings: UInt64?, said: UInt64?, kept: UInt64) {
    var pool = ConnectionPool(settings: .init(idleTimeout: settings.map { .seconds($0) }))
    let connection = open(&pool, 1)
    pool.engineSaid(idleTimeout: said.map { .seconds($0) })
    #expect(pool.released(connection, now: .seconds(100)) == .keep)
    if kept > 0 { #expect(pool.nextChore(now: .seconds(100 + kept) - 1) == nil) }
    #expect(pool.nextChore(now: .seconds(100 + kept)) == .close(connection: connection))
  }

  @Test("at the limit nothing is kept idle while another loop's requests wait, nor opened ahead")
  func makesRoomForOtherLoops() {
    var pool = ConnectionPool(settings: .init(limits: CircuitLimits(connections: 3), minimumIdle: 1))
    guard case .open(let a) = pool.lease(waiter: 1), case .open(let b) = pool.lease(waiter: 2) else {
      return #expect(Bool(false), "there is room for both")
    }
    _ = (pool.connected(a, now: 1), pool.connected(b, now: 1))
    let waiting = CircuitLimits.Use(connections: 1, pending: 2)
    #expect(pool.released(a, now: 2) == .keep)
    #expect(pool.nextChore(now: 3, others: waiting) == .close(connection: a))
    #expect(pool.nextChore(now: 3, others: waiting) == nil, "the others have room now, and come first")
    #expect(pool.released(b, now: 4, others: CircuitLimits.Use(connections: 2, pending: 1)) == .close)
    #expect(pool.open == 0)
  }

  @Test("an engine that says nothing any more is taken at the settings' word")
  func engineSaysNothing() {
    var pool = ConnectionPool()
    pool.engineSaid(idleTimeout: .seconds(75))
    #expect(pool.idleTimeout == .seconds(74))
    pool.engineSaid(idleTimeout: nil)
    #expect(pool.idleTimeout == ConnectionPool.usualIdleTimeout)
  }

  @Test("after a reload of lower limits what is idle above them goes, and no more are opened")
  func lowerLimits() {
    var pool = ConnectionPool(settings: .init(maximumIdle: 4, minimumIdle: 2))
    guard case .open(let first) = pool.nextChore(now: 1), case .open(let second) = pool.nextChore(now: 1) else {
      Issue.record("two connections are opened ahead")
      return
    }
    #expect(pool.connected(first, now: 2) == .keep)
    #expect(pool.connected(second, now: 2) == .keep)
    #expect(pool.nextChore(now: 2) == nil)
    pool.apply(.init(limits: CircuitLimits(connections: 1), maximumIdle: 1, minimumIdle: 0, idleTimeout: .seconds(1)))
    #expect(pool.nextChore(now: .seconds(2)) == .close(connection: first))
    #expect(pool.nextChore(now: .seconds(2)) == .close(connection: second))
    #expect(pool.nextChore(now: .seconds(2)) == nil)
  }
}
