import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Tells why an address cannot be listened on, and what to do about it.
enum ListenFailure {
  static func describe(_ error: any Error, host: String, port: Int) -> OptionError {
    guard let code = (error as? IOError)?.errnoCode else {
      // What is left are failures to resolve the name.
      return OptionError("the address \(host) is not known; give --host an address of this machine, or leave it out")
    }
    switch code {
    case EADDRINUSE:
      return OptionError("port \(port) is in use; choose another with --port, or 0 for a free one")
    case EACCES, EPERM:
      return OptionError("port \(port) needs privileges; choose one above 1023 with --port, or 0 for a free one")
    case EADDRNOTAVAIL:
      return OptionError("\(host) is not an address of this machine; give --host another, or leave it out")
    default:
      let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
      return OptionError("cannot listen on \(host):\(port): \(reason); choose another --host or --port")
    }
  }
}
