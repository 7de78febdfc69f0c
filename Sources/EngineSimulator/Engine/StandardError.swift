#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Lines for the operator; standard output carries only what programs read.
enum StandardError {
  static func line(_ text: String) {
    let bytes = Array(("engine-sim: " + text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
