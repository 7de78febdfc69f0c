#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Held by the one fetch of a model that is at work, among all processes of this machine. Let go when it goes.
struct FetchLock: ~Copyable {
  private let descriptor: CInt

  /// - Parameter path: a file that is made if need be, and stays.
  /// - Returns: nil if another holds it.
  init?(_ path: String) throws(ModelStoreError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw StoredFile.failure(path, "cannot be written") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK { return nil }
      throw StoredFile.failure(path, "cannot be locked", errno: code)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
