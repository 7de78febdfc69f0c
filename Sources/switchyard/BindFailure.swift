import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#endif

/// Why an address cannot be listened on, and the way out.
enum BindFailure {
  /// - Parameters:
  ///   - place: what wanted to listen, such as `listener web`.
  ///   - wayOut: how another address is chosen.
  static func describe(
    _ error: any Error, place: String, host: String, port: Int, wayOut: String
  ) -> CommandFailure {
    CommandFailure("\(place): \(reason(error, host: host, port: port)); \(wayOut)")
  }

  private static func reason(_ error: any Error, host: String, port: Int) -> String {
    guard let code = (error as? IOError)?.errnoCode else {
      // What is left are names and addresses that cannot be resolved.
      return "there is no address \(host) on this machine"
    }
    return switch code {
    case EADDRINUSE: "port \(port) on \(host) is taken (ss -ltnp 'sport = :\(port)' says by whom)"
    case EACCES, EPERM:
      "port \(port) needs the capability CAP_NET_BIND_SERVICE, which this process lacks; ports above 1023 do not"
    case EADDRNOTAVAIL: "there is no address \(host) on this machine"
    default: "cannot listen on \(host):\(port): \(strerror(code).map { String(cString: $0) } ?? "error \(code)")"
    }
  }
}
