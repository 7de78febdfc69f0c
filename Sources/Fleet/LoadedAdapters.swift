import Synchronization

/// The adapters that an engine has loaded, for choices on any thread.
///
/// At most ``capacity``; more are not kept. Reading is a scan of at most that many relaxed loads; a change takes a lock.
public final class LoadedAdapters: Sendable {
  public static let capacity = 64

  private let keys: Mutex<[UInt64]> = Mutex([])
  /// Safe to share: it never changes, and what it points to is atomic.
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<Atomic<UInt64>>
  private let used = Atomic<Int>(0)

  public init() {
    slots = .allocate(capacity: Self.capacity)
    for slot in 0..<Self.capacity { (slots + slot).initialize(to: Atomic(0)) }
  }

  deinit {
    slots.deinitialize(count: Self.capacity)
    slots.deallocate()
  }

  /// Adapters that are known to be loaded.
  public var count: Int { used.load(ordering: .relaxed) }

  /// - Parameter key: of an adapter's name, not 0.
  public func contains(_ key: UInt64) -> Bool {
    for slot in 0..<used.load(ordering: .acquiring) where slots[slot].load(ordering: .relaxed) == key { return true }
    return false
  }

  /// Replaces what is known by what the engine said.
  public func replace(with loaded: [UInt64]) {
    keys.withLock { keys in
      keys = Array(loaded.prefix(Self.capacity))
      publish(keys)
    }
  }

  /// An adapter was loaded, or a request was sent that makes the engine load it.
  public func insert(_ key: UInt64) {
    keys.withLock { keys in
      guard !keys.contains(key), keys.count < Self.capacity else { return }
      keys.append(key)
      publish(keys)
    }
  }

  public func remove(_ key: UInt64) {
    keys.withLock { keys in
      keys.removeAll { $0 == key }
      publish(keys)
    }
  }

  private func publish(_ keys: [UInt64]) {
    for (slot, key) in keys.enumerated() { slots[slot].store(key, ordering: .relaxed) }
    used.store(keys.count, ordering: .releasing)
  }
}
