import CZeroMQ

/// A ZeroMQ context: the threads that carry the messages of its sockets. Safe from any thread.
public final class ZeroMQContext: Sendable {
  /// Sockets that are open at once: two for each of 4,096 replicas, and some more.
  static let socketLimit: Int32 = 8_500

  /// Contexts may be used by all threads at a time (zmq(7), "Thread safety"), so the pointer may be shared.
  nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

  /// - Throws: when the process has no descriptors or memory left.
  public init() throws(ZeroMQFailure) {
    guard let pointer = zmq_ctx_new() else { throw ZeroMQFailure.last("a context") }
    self.pointer = pointer
    zmq_ctx_set(pointer, ZMQ_MAX_SOCKETS, Self.socketLimit)
  }

  /// Ends the context; every socket holds it, so none is left. Blocks until what was sent is on its way or dropped,
  /// which for sockets that do not linger is at once.
  deinit { zmq_ctx_term(pointer) }
}

/// What ZeroMQ says went wrong.
public struct ZeroMQFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public var what: String
  public var reason: String

  public init(what: String, reason: String) {
    self.what = what
    self.reason = reason
  }

  public var description: String { "ZeroMQ: \(what): \(reason)" }

  /// The calling thread's last error.
  static func last(_ what: String) -> ZeroMQFailure {
    ZeroMQFailure(what: what, reason: zmq_strerror(zmq_errno()).map { String(cString: $0) } ?? "unknown error")
  }
}
