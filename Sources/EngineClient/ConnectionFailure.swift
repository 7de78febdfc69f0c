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
    case let error as HostNames.Failure: return "host not found: \(error.reason)"
    case is NIOSSLExtraError: return "TLS: the certificate is not for this host"
    case let error as NIOSSLError: return "TLS: \(error)"
    default: return "\(error)"
    }
  }

  /// Whether it is this process that has no descriptor, port or buffer left for a connection: that says nothing about the
  /// engine. On a failed name look-up, which does not tell, a descriptor is opened to find out.
  public static func isOurs(_ error: any Error) -> Bool {
    switch error {
    case let error as NIOConnectionError:
      error.connectionErrors.isEmpty
        ? lacksDescriptor() : error.connectionErrors.allSatisfy { isOurs($0.error, $0.target) }
    case let error as IOError: [EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL].contains(error.errnoCode)
    case is SocketAddressError, is HostNames.Failure: lacksDescriptor()
    default: false
    }
  }

  /// A machine without IPv6 says of its addresses too that none is available: that does not pass.
  private static func isOurs(_ error: any Error, _ target: SocketAddress) -> Bool {
    if target.protocol == .inet6, (error as? IOError)?.errnoCode == EADDRNOTAVAIL, !hasIPv6 { return false }
    return isOurs(error)
  }

  /// Whether this machine has an address of its own to connect from.
  private static let hasIPv6: Bool = {
    let socket = socket(AF_INET6, CInt(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
      }
    }
  }()

  private static func lacksDescriptor() -> Bool {
    let descriptor = dup(STDERR_FILENO)
    guard descriptor < 0 else {
      close(descriptor)
      return false
    }
    return errno == EMFILE || errno == ENFILE
  }

  /// The system's own words for an error number.
  public static func text(errno code: CInt) -> String {
    strerror(code).map { String(cString: $0) }?.lowercased() ?? "error \(code)"
  }
}
