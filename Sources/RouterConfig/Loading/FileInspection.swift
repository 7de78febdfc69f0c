#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How the loader looks at files that a document names, so that a missing certificate is told of with its place in the
/// document and not at the first start.
public struct FileInspection: Sendable {
  /// What keeps a file from being read, as the end of a sentence that names it: `which does not exist`; nil when nothing
  /// does.
  let obstacle: @Sendable (_ path: String) -> String?

  /// - Parameter obstacle: is called on the thread that loads.
  public init(_ obstacle: @escaping @Sendable (_ path: String) -> String?) { self.obstacle = obstacle }

  /// Finds nothing wrong, without looking.
  public static let none = FileInspection { _ in nil }

  /// Asks the operating system, as the user that this process runs as. Blocks as long as the file system does.
  public static let system = FileInspection { path in
    guard !path.utf8.contains(0) else { return "which is no path" }
    var status = stat()
    guard stat(path, &status) == 0 else {
      return errno == ENOENT || errno == ENOTDIR ? "which does not exist" : "which cannot be reached"
    }
    if status.st_mode & S_IFMT == S_IFDIR { return "which is a folder" }
    return access(path, R_OK) == 0 ? nil : "which this user may not read"
  }

  /// A path that a document names, as it is opened: a relative one behind the folder of `file`, where that has one.
  static func path(_ path: String, namedIn file: String) -> String {
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
    return file[...slash] + path
  }
}
