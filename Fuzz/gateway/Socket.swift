import FuzzCommand
import Glibc

/// A non-blocking loopback TCP socket; closed when it is let go of, or earlier by ``close(resetting:)``.
final class Socket {
  private(set) var descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close() }

  var isOpen: Bool { descriptor >= 0 }

  /// Listens on a port that the kernel chooses.
  static func listening() throws -> (socket: Socket, port: Int) {
    let new = try open()
    var address = loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(new.descriptor, $0, size) == 0 && listen(new.descriptor, 128) == 0
          && getsockname(new.descriptor, $0, &size) == 0
      }
    }
    guard isBound else { throw Broken("no port can be listened on: errno \(errno)") }
    return (new, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Begins to connect; the socket becomes writable when it has.
  static func connecting(port: Int) throws -> Socket {
    let new = try open()
    var address = loopback(port: port)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(new.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 || errno == EINPROGRESS else { throw Broken("cannot connect: errno \(errno)") }
    return new
  }

  /// The next connection that waits, if there is one.
  func accepted() -> Socket? {
    let new = accept(descriptor, nil, nil)
    guard new >= 0 else { return nil }
    _ = fcntl(new, F_SETFL, O_NONBLOCK)
    var one: Int32 = 1
    setsockopt(new, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    return Socket(new)
  }

  enum Reading {
    case bytes([UInt8])
    case nothing
    /// The other side will send no more; with a reset it takes no more either.
    case end(isReset: Bool)
  }

  func read() -> Reading {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count > 0 { return .bytes(Array(buffer[..<count])) }
    if count == 0 { return .end(isReset: false) }
    return errno == EAGAIN || errno == EINTR ? .nothing : .end(isReset: true)
  }

  /// - Returns: how many of the bytes went out, or nil when the connection takes no more ever.
  func write(_ bytes: ArraySlice<UInt8>) -> Int? {
    let count = bytes.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR || errno == ENOTCONN ? 0 : nil
  }

  func endWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  func close(resetting: Bool = false) {
    guard isOpen else { return }
    if resetting {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout.size(ofValue: option)))
    }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }

  private static func open() throws -> Socket {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { throw Broken("no socket can be made: errno \(errno)") }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    return Socket(descriptor)
  }

  private static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
