import Synchronization

/// The adapters that an engine has loaded, for choices on any thread, and how much they are used.
///
/// At most ``capacity``; more are not kept. Reading is a scan of at most that many relaxed loads; a change takes a lock. Uses are
/// kept of adapters that are loaded or have requests in flight.
public final class LoadedAdapters: Sendable {
  public static let capacity = 64

  private struct Use: Sendable {
    var inFlight = 0
    /// Of ``State/clock``, when a request last began.
    var last = 0
  }

  private struct State: Sendable {
    var keys: [UInt64] = []
    /// Those of them that are on their way: whatever the engine says meanwhile, they stay.
    var pending: Set<UInt64> = []
    /// Those that it could not load, and until when (monotonic nanoseconds) that is no choice; at most
    /// ``LoadedAdapters/capacity``.
    var refused: [UInt64: UInt64] = [:]
    /// Changes that this process made, numbered, by the last of each adapter: what the engine said before knows nothing of them.
    /// Until it says more, at most 256.
    var changes: [UInt64: Int] = [:]
    var lastChange = 0
    var uses: [UInt64: Use] = [:]
    /// Requests that began.
    var clock = 0

    mutating func insert(_ key: UInt64) {
      if !keys.contains(key), keys.count < LoadedAdapters.capacity { keys.append(key) }
    }

    mutating func noteChange(_ key: UInt64) {
      lastChange += 1
      if changes.count >= 256 { changes = [:] }
      changes[key] = lastChange
    }

    /// Forgets uses that nobody asks for any more.
    mutating func forget(_ key: UInt64) {
      if uses[key]?.inFlight == 0, !keys.contains(key) { uses[key] = nil }
    }
  }

  private let state = Mutex(State())
  /// Safe to share: it never changes, and what it points to is atomic.
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<Atomic<UInt64>>
  private let used = Atomic<Int>(0)
  /// The last of the times until which something is refused.
  private let refusedUntil = Atomic<UInt64>(0)

  public init() {
    slots = .allocate(capacity: Self.capacity)
    for slot in 0..<Self.capacity { (slots + slot).initialize(to: Atomic(0)) }
  }

  deinit {
    slots.deinitialize(count: Self.capacity)
    slots.deallocate()
  }

  /// Adapters that are known to be loaded, those on their way among them.
  public var count: Int { used.load(ordering: .relaxed) }

  /// Whether it is loaded or on its way.
  ///
  /// - Parameter key: of an adapter's name, not 0.
  public func contains(_ key: UInt64) -> Bool {
    for slot in 0..<used.load(ordering: .acquiring) where slots[slot].load(ordering: .relaxed) == key { return true }
    return false
  }

  /// Whether it is loaded, as far as is known. Takes the lock where it is loaded or on its way: seen without, one that could not
  /// be loaded looks loaded for the moment in which it is taken out.
  public func isLoaded(_ key: UInt64) -> Bool {
    contains(key) && state.withLock { $0.keys.contains(key) && !$0.pending.contains(key) }
  }

  /// The last change that this process made; to be taken before the engine is asked.
  public var moment: Int { state.withLock { $0.lastChange } }

  /// Replaces what is known by what the engine said, but for what this process has changed since it was asked.
  ///
  /// - Parameter moment: ``moment`` before that.
  public func replace(with loaded: [UInt64], askedAt moment: Int = .max) {
    change { state in
      let before = state.keys
      state.changes = state.changes.filter { $0.value > moment }
      let kept = before.filter { state.changes[$0] != nil || state.pending.contains($0) }
      state.keys = []
      for key in kept + loaded.filter({ state.changes[$0] == nil }) { state.insert(key) }
      for key in before { state.forget(key) }
    }
  }

  /// An adapter was loaded, or a request was sent that makes the engine load it.
  public func insert(_ key: UInt64) { change { $0.insert(key) } }

  /// The engine has it no more. One on its way stays.
  public func remove(_ key: UInt64) {
    change { state in
      guard !state.pending.contains(key) else { return }
      state.noteChange(key)
      state.keys.removeAll { $0 == key }
      state.forget(key)
    }
  }

  // MARK: Loading on demand

  /// It is being loaded: it counts among the adapters, and is not taken for loaded.
  public func loadingBegan(_ key: UInt64) {
    change { state in
      state.pending.insert(key)
      state.insert(key)
    }
  }

  public func loadingEnded(_ key: UInt64) {
    change { state in
      state.noteChange(key)
      state.pending.remove(key)
      // There may have been no room when it began.
      state.insert(key)
    }
  }

  /// It could not be loaded.
  ///
  /// - Parameters:
  ///   - now: monotonic nanoseconds.
  ///   - end: until when the replica is passed over for it.
  public func loadingFailed(_ key: UInt64, now: UInt64, until end: UInt64) {
    change { state in
      state.pending.remove(key)
      state.keys.removeAll { $0 == key }
      state.forget(key)
      state.refused = state.refused.filter { $0.value > now }
      if state.refused.count < Self.capacity { state.refused[key] = end }
      refusedUntil.store(state.refused.values.max() ?? 0, ordering: .relaxed)
    }
  }

  /// Whether it could not be loaded not long ago. Takes the lock for a time after a failure only.
  public func refuses(_ key: UInt64, now: UInt64) -> Bool {
    now < refusedUntil.load(ordering: .relaxed) && state.withLock { now < $0.refused[key] ?? 0 }
  }

  /// A request for it was counted on the replica. Beside ``requestEnded(_:)``, once each.
  public func requestBegan(_ key: UInt64) {
    state.withLock { state in
      state.clock += 1
      state.uses[key, default: Use()].inFlight += 1
      state.uses[key]?.last = state.clock
    }
  }

  public func requestEnded(_ key: UInt64) {
    state.withLock { state in
      state.uses[key]?.inFlight -= 1
      state.forget(key)
    }
  }

  /// Takes out the adapter that was not used for the longest time, of those that have no request in flight: it is to be
  /// unloaded.
  ///
  /// - Parameter keys: those that may be taken.
  /// - Returns: nil when all of them are in use, or not loaded.
  public func takeIdle(among keys: [UInt64]) -> UInt64? {
    var taken: UInt64?
    change { state in
      let idle = keys.filter {
        state.keys.contains($0) && !state.pending.contains($0) && (state.uses[$0]?.inFlight ?? 0) == 0
      }
      taken = idle.min { state.uses[$0]?.last ?? 0 < state.uses[$1]?.last ?? 0 }
      if let taken {
        state.noteChange(taken)
        state.keys.removeAll { $0 == taken }
        state.forget(taken)
      }
    }
    return taken
  }

  private func change(_ body: (inout State) -> Void) {
    state.withLock { state in
      body(&state)
      for (slot, key) in state.keys.enumerated() { slots[slot].store(key, ordering: .relaxed) }
      used.store(state.keys.count, ordering: .releasing)
    }
  }
}
