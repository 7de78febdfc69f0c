#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A lock that many readers or one writer hold.
///
/// With glibc a writer that waits goes before readers that come after it, so that readers without end do not keep it out;
/// it waits for those that are there, and they hold it for a fraction of a millisecond.
///
/// Unchecked: a lock of the C library is used from many threads at a fixed address, which is what this is.
final class ReadWriteLock: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

  init() {
    var attributes = pthread_rwlockattr_t()
    pthread_rwlockattr_init(&attributes)
    #if canImport(Glibc)
      pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
    #endif
    let failure = pthread_rwlock_init(lock, &attributes)
    precondition(failure == 0, "no lock could be made: \(failure)")
    pthread_rwlockattr_destroy(&attributes)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  /// Runs `body` beside other readers and no writer; it must not ask for the lock again.
  func read<Value>(_ body: () -> Value) -> Value {
    let failure = pthread_rwlock_rdlock(lock)
    precondition(failure == 0, "the lock cannot be taken: \(failure)")
    defer { pthread_rwlock_unlock(lock) }
    return body()
  }

  /// Runs `body` alone.
  func write<Value>(_ body: () -> Value) -> Value {
    let failure = pthread_rwlock_wrlock(lock)
    precondition(failure == 0, "the lock cannot be taken: \(failure)")
    defer { pthread_rwlock_unlock(lock) }
    return body()
  }
}
