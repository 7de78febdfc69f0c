#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file mapped into memory, read only, until the last reference goes.
///
/// The pages are shared with every other process that maps the file and are read when first touched. The file must not
/// be cut short meanwhile: replace it by renaming a new one over it.
final class MappedFile: Sendable {
  let path: String
  /// Safe to share: it never changes, and what it points to is mapped read only for as long as this lives.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  init(path: String) throws(EncoderModelError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw EncoderModelError(path, "cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw EncoderModelError(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw EncoderModelError(path, "is no file") }
    let count = Int(status.st_size)
    guard count > 0 else { throw EncoderModelError(path, "is empty") }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw EncoderModelError(path, "cannot be mapped: \(String(cString: strerror(errno)))")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
