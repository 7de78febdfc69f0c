import Digests
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is done with the store's files, with errors that name them.
enum StoredFile {
  /// The error of the last system call on a path.
  static func failure(_ path: String, _ what: String, errno code: CInt = errno) -> ModelStoreError {
    let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
    let way =
      switch code {
      case ENOSPC, EDQUOT: "; free some, or name another folder with SWITCHYARD_MODELS"
      case EACCES, EPERM, EROFS, ENOTDIR, EEXIST: "; name a folder that can be written with SWITCHYARD_MODELS"
      default: ""
      }
    return ModelStoreError(path, "\(what): \(reason)\(way)")
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws(ModelStoreError) {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return }
    let parent = (path as NSString).deletingLastPathComponent
    if !parent.isEmpty, parent != path { try makeFolder(parent) }
    guard mkdir(path, 0o755) == 0 || errno == EEXIST && self.isFolder(path) else {
      throw failure(path, "cannot be made")
    }
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// Writes bytes beside `path`, has them on the disk and renames them over it.
  static func write(_ data: Data, to path: String) throws(ModelStoreError) {
    let temporary = "\(path).\(getpid()).part"
    var sink = try FileSink(temporary, appending: false)
    do throws(ModelStoreError) {
      try [UInt8](data).withUnsafeBufferPointer { bytes throws(ModelStoreError) in
        try sink.write(UnsafeRawBufferPointer(bytes))
      }
      try sink.close(synchronizing: true)
      try rename(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  static func rename(_ path: String, to target: String) throws(ModelStoreError) {
    #if canImport(Glibc)
      let renamed = Glibc.rename(path, target)
    #elseif canImport(Musl)
      let renamed = Musl.rename(path, target)
    #else
      let renamed = Darwin.rename(path, target)
    #endif
    guard renamed == 0 else { throw failure(target, "cannot be put in place") }
  }

  /// Bytes of a file; nil if there is none.
  static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// SHA-256 of a file's bytes, read in pieces of 256 KiB.
  static func sha256(_ path: String) throws(ModelStoreError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
    defer { close(descriptor) }
    var stream = SHA256Stream()
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    defer { piece.deallocate() }
    while true {
      let count = read(descriptor, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, "cannot be read") }
      if count == 0 { return stream.hexDigest() }
      stream.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
  }
}
