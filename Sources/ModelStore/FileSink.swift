#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is written from its start or from its end on. Closed when it goes.
struct FileSink: ~Copyable {
  let path: String
  private let descriptor: CInt
  private var isOpen = true

  /// - Parameter appending: keep what is there and go on behind it; else the file begins empty.
  init(_ path: String, appending: Bool) throws(ModelStoreError) {
    self.path = path
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (appending ? O_APPEND : O_TRUNC)
    descriptor = open(path, flags, 0o644)
    guard descriptor >= 0 else { throw StoredFile.failure(path, "cannot be written") }
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ModelStoreError) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      #if canImport(Glibc)
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      #elseif canImport(Musl)
        let count = Musl.write(descriptor, rest.baseAddress, rest.count)
      #else
        let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
      #endif
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw StoredFile.failure(path, "cannot be written") }
      written += count
    }
  }

  /// - Parameter synchronizing: have everything on the disk first.
  mutating func close(synchronizing: Bool) throws(ModelStoreError) {
    if synchronizing, fsync(descriptor) != 0 { throw StoredFile.failure(path, "cannot be written") }
    isOpen = false
    guard Self.closeDescriptor(descriptor) == 0 else { throw StoredFile.failure(path, "cannot be written") }
  }

  private static func closeDescriptor(_ descriptor: CInt) -> CInt {
    #if canImport(Glibc)
      Glibc.close(descriptor)
    #elseif canImport(Musl)
      Musl.close(descriptor)
    #else
      Darwin.close(descriptor)
    #endif
  }

  deinit { if isOpen { _ = Self.closeDescriptor(descriptor) } }
}
