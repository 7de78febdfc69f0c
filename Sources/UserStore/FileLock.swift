#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps a second process from counting in the same file, where each would write over what the other counted. An empty file
/// beside it is locked as long as this lives; the kernel lets go of it however the process ends. SQLite's own lock would do,
/// but would keep out those who read the file too, such as a backup.
final class FileLock: Sendable {
  private let descriptor: Int32

  /// - Parameter path: of the file that is guarded.
  init(guarding path: String) throws(UserStoreError) {
    let name = path + ".lock"
    let opened = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else {
      throw .database(path: path, doing: "make \(name)", reason: String(cString: strerror(errno)))
    }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(opened)
      guard number == EWOULDBLOCK else {
        throw .database(path: path, doing: "lock \(name)", reason: String(cString: strerror(number)))
      }
      throw .inUse(path: path)
    }
    descriptor = opened
  }

  deinit { close(descriptor) }
}
