/// One event loop's connections to one replica: which are idle, being opened or leased, and who waits for one.
///
/// No I/O: each event returns what its caller has to do. A connection is named by the identity that the pool gave it when
/// it asked for it to be opened, a waiter by whatever number its caller chose.
///
///     event                 action
///     lease                 use an idle one (the last used first: the others get to age), or open one and queue the
///                           waiter, or queue it only, or refuse it
///     connected             give it to the waiter that has waited longest, keep it, or close it
///     connectFailed         tell the waiter that has waited longest, if no other connection is on its way for it;
///                           open another for those behind it
///     released              give it to the waiter that has waited longest, keep it, or close it
///     closed                open another when someone waits for it
///     foundDead             open another in its place, for the same request
///     waiterGone            its place is free; the connection that was being opened for it is kept
///     nextChore             until nil: close what was idle for too long, open what is missing
///
/// Waiters are served in the order they came; one whose kept connection turned out to be dead was served already, so the
/// connection opened in its place is its own. Limits are ``CircuitLimits``, shared with the other loops by the numbers
/// passed in; since those may be a moment old, and a loop without a connection may always open one, all loops together
/// stay below limit + number of loops.
///
/// All events are O(1), but ``waiterGone(_:)``: O(waiters + connections). Memory grows with the largest number of connections and
/// waiters it had, so at most with the limits; in a steady state nothing is allocated.
///
/// An identity is dead once the pool asked for the connection to be closed, or was told that it closed or could not be
/// opened; events of dead connections change nothing, so the order in which a channel reports its end does not matter.
public struct ConnectionPool: Sendable {
  public struct Settings: Sendable, Equatable {
    public var limits: CircuitLimits
    /// Idle connections that are kept at most.
    public var maximumIdle: Int
    /// Idle connections that are opened before anyone asks for them, and not reaped.
    public var minimumIdle: Int
    /// How long a connection may be idle at most, nanoseconds; nil leaves it to the engine.
    public var idleTimeout: UInt64?
    /// After a failure to connect nothing is opened ahead for this long; doubled at each further one, up to 32 times.
    public var warmingPause: UInt64

    /// - Precondition: `0 ≤ minimumIdle ≤ maximumIdle`.
    public init(
      limits: CircuitLimits = CircuitLimits(), maximumIdle: Int = 256, minimumIdle: Int = 0,
      idleTimeout: UInt64? = nil, warmingPause: UInt64 = .seconds(1)
    ) {
      precondition(minimumIdle >= 0 && minimumIdle <= maximumIdle, "more idle connections are wanted than are kept")
      self.limits = limits
      self.maximumIdle = maximumIdle
      self.minimumIdle = minimumIdle
      self.idleTimeout = idleTimeout
      self.warmingPause = warmingPause
    }
  }

  public enum Lease: Sendable, Equatable {
    /// Send on it at once.
    case use(connection: Int)
    /// Open it; the waiter is queued.
    case open(connection: Int)
    /// The waiter is queued.
    case wait
    /// Too many wait: ask another replica.
    case overflow
  }

  public enum Assignment: Sendable, Equatable {
    /// Send the waiter's request on it.
    case give(waiter: Int)
    /// It stands idle.
    case keep
    /// Close it: enough are kept, or its identity is dead.
    case close
  }

  public struct ConnectFailure: Sendable, Equatable {
    /// It cannot have a connection: its request is for another replica.
    public var refusedWaiter: Int?
    /// Open it, for those that still wait.
    public var open: Int?

    public init(refusedWaiter: Int? = nil, open: Int? = nil) {
      self.refusedWaiter = refusedWaiter
      self.open = open
    }
  }

  public enum Chore: Sendable, Equatable {
    case close(connection: Int)
    case open(connection: Int)
  }

  private enum Phase: UInt8 { case free, connecting, idle, leased }

  private struct Slot {
    var phase: Phase = .free
    /// Times that the slot was used before: tells a dead connection from the slot's next one.
    var generation: Int = 0
    /// Neighbours in the idle list, or the next free slot; −1 for none.
    var previous: Int32 = -1
    var next: Int32 = -1
    var idleSince: UInt64 = 0
    /// The only one it is for, while it is being opened.
    var owner: Int?
  }

  private static let slotBits = 20
  private static let slotMask = 1 << slotBits - 1

  /// How long connections are idle at most where neither settings nor engine say: uvicorn, on which vLLM and SGLang
  /// stand, closes its own after 5 s.
  public static let usualIdleTimeout: UInt64 = .seconds(4)

  public private(set) var settings: Settings
  /// How long the engine says that it keeps idle connections, nanoseconds; nil when it does not say.
  private var engineIdleTimeout: UInt64?
  public private(set) var connecting = 0
  public private(set) var leased = 0
  public private(set) var idle = 0
  /// Nothing is kept or opened any more, but for requests that come.
  public private(set) var isDraining = false
  private var slots: [Slot] = []
  private var firstFree: Int32 = -1
  private var oldestIdle: Int32 = -1
  private var newestIdle: Int32 = -1
  private var waiters = WaiterQueue()
  /// Connections being opened that have an owner.
  private var owned = 0
  private var connectFailures = 0
  private var warmingPausedUntil: UInt64 = 0

  public init(settings: Settings = Settings()) { self.settings = settings }

  /// Connections that are open or being opened.
  public var open: Int { connecting + leased + idle }
  /// Requests that have no connection yet.
  public var waiting: Int { waiters.count + owned }
  /// What to pass to the pools of other loops, summed.
  public var use: CircuitLimits.Use { CircuitLimits.Use(connections: open, pending: waiting) }

  /// How long a connection may be idle, nanoseconds: below the engine's own limit, so that ours ends first.
  ///
  ///     settings   engine says   kept
  ///     nothing    nothing       4 s
  ///     nothing    75 s          74 s
  ///     50 s       nothing       50 s
  ///     50 s       5 s           4 s
  ///     50 s       75 s          50 s
  public var idleTimeout: UInt64 {
    let told = engineIdleTimeout.map { $0 - min($0, .seconds(1)) }
    guard let most = settings.idleTimeout else { return told ?? Self.usualIdleTimeout }
    return min(most, told ?? most)
  }

  /// An answer of the engine said how long it keeps idle connections, or said nothing.
  ///
  /// - Parameter idleTimeout: nanoseconds; nil when it did not say.
  public mutating func engineSaid(idleTimeout: UInt64?) { engineIdleTimeout = idleTimeout }

  // MARK: Events

  /// A request wants a connection.
  ///
  /// - Parameter others: what the pools of the other loops have of this replica.
  public mutating func lease(waiter: Int, others: CircuitLimits.Use = .init()) -> Lease {
    // Nobody waits while one is idle, so nobody is overtaken.
    if newestIdle >= 0 {
      let index = newestIdle
      unlinkIdle(index)
      setPhase(index, .leased)
      return .use(connection: identity(index))
    }
    switch settings.limits.verdict(own: use, others: others) {
    case .overflow: return .overflow
    case .wait:
      waiters.append(waiter)
      return .wait
    case .open:
      waiters.append(waiter)
      // One that is opened ahead will do.
      return waiters.count <= forAnyone ? .wait : .open(connection: add())
    }
  }

  /// A connection that the pool asked for is open.
  public mutating func connected(_ connection: Int, now: UInt64) -> Assignment {
    guard let index = slot(of: connection), slots[Int(index)].phase == .connecting else { return .close }
    connectFailures = 0
    warmingPausedUntil = 0
    guard let owner = takeOwner(of: index) else { return assign(index, now) }
    setPhase(index, .leased)
    return .give(waiter: owner)
  }

  /// A connection that the pool asked for could not be opened.
  public mutating func connectFailed(
    _ connection: Int, now: UInt64, others: CircuitLimits.Use = .init()
  ) -> ConnectFailure {
    guard let index = slot(of: connection), slots[Int(index)].phase == .connecting else { return ConnectFailure() }
    let owner = takeOwner(of: index)
    remove(index)
    connectFailures = min(connectFailures + 1, 6)
    warmingPausedUntil = now.advanced(bySpan: settings.warmingPause.multipliedSaturating(1 << (connectFailures - 1)))
    var failure = ConnectFailure(refusedWaiter: owner)
    if owner == nil, waiters.count > forAnyone { failure.refusedWaiter = waiters.popFirst() }
    failure.open = openForWaiters(others)
    return failure
  }

  /// A leased connection has carried its answer and can carry another; one that cannot is ``closed(_:others:)``.
  ///
  /// - Parameter others: what the other loops have: where their requests wait for the limit, none is kept idle.
  public mutating func released(
    _ connection: Int, now: UInt64, others: CircuitLimits.Use = .init()
  ) -> Assignment {
    guard let index = slot(of: connection), slots[Int(index)].phase == .leased else { return .close }
    return assign(index, now, others)
  }

  /// Requests of other loops wait, and the limit is all that keeps them.
  private func isWanted(by others: CircuitLimits.Use) -> Bool {
    others.pending > 0 && open + others.connections >= settings.limits.connections
  }

  /// A connection that is idle or leased has ended, or is being closed by its user. One that is being opened ends by
  /// ``connectFailed(_:now:others:)``.
  ///
  /// - Returns: the connection to open for those that wait, if any.
  public mutating func closed(_ connection: Int, others: CircuitLimits.Use = .init()) -> Int? {
    guard let index = slot(of: connection), slots[Int(index)].phase != .connecting else { return nil }
    if slots[Int(index)].phase == .idle { unlinkIdle(index) }
    remove(index)
    return openForWaiters(others)
  }

  /// A leased connection turned out to have been closed by the engine before the request reached it
  /// (``AttemptMachine/Action/retryOnFreshConnection``): it makes room for another, which is for the same waiter alone,
  /// since the other idle ones are likely to be as dead.
  ///
  /// - Returns: the connection to open; nil if `connection` is not leased.
  public mutating func foundDead(_ connection: Int, waiter: Int) -> Int? {
    guard let index = slot(of: connection), slots[Int(index)].phase == .leased else { return nil }
    remove(index)
    let fresh = add()
    slots[fresh & Self.slotMask].owner = waiter
    owned += 1
    return fresh
  }

  /// A waiter's request has ended before it got a connection. What is being opened for it is kept. O(waiters +
  /// connections).
  ///
  /// - Returns: whether it was waiting.
  @discardableResult
  public mutating func waiterGone(_ waiter: Int) -> Bool {
    if waiters.remove(waiter) { return true }
    guard owned > 0, let index = slots.firstIndex(where: { $0.owner == waiter }) else { return false }
    return takeOwner(of: Int32(index)) != nil
  }

  /// The configuration was read anew. What is open above a lower limit is used on; fewer idle ones are kept as others
  /// come back and as time passes.
  public mutating func apply(_ settings: Settings) { self.settings = settings }

  /// Connections become idle no more; those that are will be closed by ``nextChore(now:others:)``.
  public mutating func drain() { isDraining = true }

  /// The next thing that time has brought up; call until nil, several times a second: a connection is kept
  /// longer than it may be by what lies between two calls.
  ///
  /// - Parameter others: what the other loops have, which may have become less.
  public mutating func nextChore(now: UInt64, others: CircuitLimits.Use = .init()) -> Chore? {
    if oldestIdle >= 0 {
      let index = oldestIdle
      let isOld = now.since(slots[Int(index)].idleSince) >= idleTimeout
      if isDraining || (isOld && idle > settings.minimumIdle) || isWanted(by: others) {
        unlinkIdle(index)
        let connection = identity(index)
        remove(index)
        return .close(connection: connection)
      }
      // A kept one that is old is renewed by its use only: the engine may close it, then another is opened.
    }
    if let connection = openForWaiters(others) { return .open(connection: connection) }
    let isShort = idle + forAnyone - waiters.count < settings.minimumIdle
    guard !isDraining, isShort, now >= warmingPausedUntil, others.pending == 0,
      open + others.connections < settings.limits.connections
    else { return nil }
    return .open(connection: add())
  }

  // MARK: Connections

  /// Connections being opened that go to whoever has waited longest.
  private var forAnyone: Int { connecting - owned }

  private mutating func takeOwner(of index: Int32) -> Int? {
    guard let owner = slots[Int(index)].owner else { return nil }
    slots[Int(index)].owner = nil
    owned -= 1
    return owner
  }

  /// A connection for waiters that none is being opened for, as far as the limit allows.
  private mutating func openForWaiters(_ others: CircuitLimits.Use) -> Int? {
    guard waiters.count > forAnyone else { return nil }
    guard open == 0 || open + others.connections < settings.limits.connections else { return nil }
    return add()
  }

  private mutating func assign(
    _ index: Int32, _ now: UInt64, _ others: CircuitLimits.Use = .init()
  ) -> Assignment {
    if let waiter = waiters.popFirst() {
      setPhase(index, .leased)
      return .give(waiter: waiter)
    }
    guard !isDraining, idle < settings.maximumIdle, !isWanted(by: others) else {
      remove(index)
      return .close
    }
    setPhase(index, .idle)
    linkNewestIdle(index, now)
    return .keep
  }

  private mutating func add() -> Int {
    let index: Int32
    if firstFree >= 0 {
      index = firstFree
      firstFree = slots[Int(index)].next
    } else {
      index = Int32(slots.count)
      precondition(slots.count < 1 << Self.slotBits, "a pool holds fewer than 2^20 connections")
      slots.append(Slot())
    }
    slots[Int(index)].next = -1
    setPhase(index, .connecting)
    return identity(index)
  }

  private mutating func remove(_ index: Int32) {
    setPhase(index, .free)
    slots[Int(index)].generation += 1
    slots[Int(index)].previous = -1
    slots[Int(index)].next = firstFree
    firstFree = index
  }

  private mutating func setPhase(_ index: Int32, _ phase: Phase) {
    count(slots[Int(index)].phase, -1)
    count(phase, 1)
    slots[Int(index)].phase = phase
  }

  private mutating func count(_ phase: Phase, _ change: Int) {
    switch phase {
    case .free: break
    case .connecting: connecting += change
    case .idle: idle += change
    case .leased: leased += change
    }
  }

  private func identity(_ index: Int32) -> Int { slots[Int(index)].generation << Self.slotBits | Int(index) }

  /// The slot of a live connection.
  private func slot(of connection: Int) -> Int32? {
    let index = connection & Self.slotMask
    guard connection >= 0, index < slots.count, slots[index].phase != .free,
      slots[index].generation == connection >> Self.slotBits
    else { return nil }
    return Int32(index)
  }

  // MARK: The idle list, oldest to newest

  private mutating func linkNewestIdle(_ index: Int32, _ now: UInt64) {
    slots[Int(index)].idleSince = now
    slots[Int(index)].previous = newestIdle
    slots[Int(index)].next = -1
    if newestIdle >= 0 { slots[Int(newestIdle)].next = index } else { oldestIdle = index }
    newestIdle = index
  }

  private mutating func unlinkIdle(_ index: Int32) {
    let slot = slots[Int(index)]
    if slot.previous >= 0 { slots[Int(slot.previous)].next = slot.next } else { oldestIdle = slot.next }
    if slot.next >= 0 { slots[Int(slot.next)].previous = slot.previous } else { newestIdle = slot.previous }
    slots[Int(index)].previous = -1
    slots[Int(index)].next = -1
  }
}
