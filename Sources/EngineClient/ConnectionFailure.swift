import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Says in plain words why a connection could not be made: for logs and for clients, so without addresses.
public enum ConnectionFailure {
  /// Such as `connection refused`.
  public static func text(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      if let dns = error.dnsAError ?? error.dnsAAAAError, error.connectionErrors.isEmpty {
        return text(dns)
      }
      return error.connectionErrors.first.map { text($0.error) } ?? "no address"
    case let error as IOError: return text(errno: error.errnoCode)
    case ChannelError.connectTimeout: return "no connection in time"
    case let error as SocketAddressError.UnknownHost: return "host not found: \(error.errorDescription.lowercased())"
    case is SocketAddressError: return "host not found"
    case is NIOSSLExtraError: return "TLS: the certificate is not for this host"
    case let error as NIOSSLError: return "TLS: \(error)"
    default: return "\(error)"
    }
  }

  /// The system's own words for an error number.
  public static func text(errno code: CInt) -> String {
    strerror(code).map { String(cString: $0) }?.lowercased() ?? "error \(code)"
  }
}
