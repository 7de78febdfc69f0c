import CZeroMQ

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A ZeroMQ socket. It belongs to one thread at a time, and never waits but in ``poll(_:milliseconds:)``.
///
/// Queues hold `queueLimit` messages each way: beyond that a publisher drops, and others refuse to send. A lost
/// connection is made again after 1 s, then after twice as long each time up to 30 s.
public final class ZeroMQSocket {
  public enum Kind: Sendable {
    case publisher, subscriber, dealer, router

    fileprivate var type: Int32 {
      switch self {
      case .publisher: ZMQ_PUB
      case .subscriber: ZMQ_SUB
      case .dealer: ZMQ_DEALER
      case .router: ZMQ_ROUTER
      }
    }
  }

  /// Frames of a message that are kept at most.
  public static let frameLimit = 16

  private let context: ZeroMQContext
  private let pointer: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - queueLimit: messages that wait at most, each way.
  ///   - byteLimit: the largest frame that is taken; a peer that sends a larger one is disconnected.
  public init(
    _ kind: Kind, context: ZeroMQContext, queueLimit: Int32 = 1_000, byteLimit: Int64 = 16 << 20
  ) throws(ZeroMQFailure) {
    guard let pointer = zmq_socket(context.pointer, kind.type) else { throw ZeroMQFailure.last("a socket") }
    self.context = context
    self.pointer = pointer
    set(ZMQ_LINGER, 0 as Int32)
    set(ZMQ_SNDHWM, queueLimit)
    set(ZMQ_RCVHWM, queueLimit)
    set(ZMQ_MAXMSGSIZE, byteLimit)
    set(ZMQ_RECONNECT_IVL, 1_000 as Int32)
    set(ZMQ_RECONNECT_IVL_MAX, 30_000 as Int32)
    set(ZMQ_TCP_KEEPALIVE, 1 as Int32)
    // A peer whose machine has vanished is given up after a minute.
    set(ZMQ_TCP_KEEPALIVE_IDLE, 30 as Int32)
    set(ZMQ_TCP_KEEPALIVE_INTVL, 10 as Int32)
    set(ZMQ_TCP_KEEPALIVE_CNT, 3 as Int32)
    set(ZMQ_IPV6, 1 as Int32)
  }

  deinit { zmq_close(pointer) }

  /// Connects in the background; the peer need not be there yet.
  ///
  /// - Parameter endpoint: `tcp://HOST:PORT`.
  public func connect(_ endpoint: String) throws(ZeroMQFailure) {
    guard zmq_connect(pointer, endpoint) == 0 else { throw ZeroMQFailure.last("connect \(endpoint)") }
  }

  /// - Parameter endpoint: `tcp://ADDRESS:PORT`; the address `*` is all, the port `*` one that is free.
  /// - Returns: the endpoint that was bound.
  @discardableResult
  public func bind(_ endpoint: String) throws(ZeroMQFailure) -> String {
    guard zmq_bind(pointer, endpoint) == 0 else { throw ZeroMQFailure.last("bind \(endpoint)") }
    var text = [CChar](repeating: 0, count: 256)
    var size = text.count
    guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &text, &size) == 0, size > 0 else { return endpoint }
    return String(decoding: text[..<(size - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Of a subscriber: takes messages whose topic begins with `topic`; the empty one takes all.
  public func subscribe(_ topic: String) throws(ZeroMQFailure) {
    guard zmq_setsockopt(pointer, ZMQ_SUBSCRIBE, topic, topic.utf8.count) == 0 else {
      throw ZeroMQFailure.last("subscribe")
    }
  }

  /// Sends a message of some frames, without waiting.
  ///
  /// - Returns: false when its queue is full, so that it was not sent.
  @discardableResult
  public func send(_ frames: [[UInt8]]) throws(ZeroMQFailure) -> Bool {
    for (index, frame) in frames.enumerated() {
      let flags = ZMQ_DONTWAIT | (index < frames.count - 1 ? ZMQ_SNDMORE : 0)
      let sent = frame.withUnsafeBytes { zmq_send(pointer, $0.baseAddress, $0.count, flags) }
      guard sent >= 0 else {
        if zmq_errno() == EAGAIN { return false }
        throw ZeroMQFailure.last("send")
      }
    }
    return true
  }

  /// Takes the next message, without waiting; of its frames the first ``frameLimit``.
  ///
  /// - Returns: nil when there is none.
  public func receive() throws(ZeroMQFailure) -> [[UInt8]]? {
    var frames: [[UInt8]] = []
    var hasMore = true
    while hasMore {
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      guard zmq_msg_recv(&message, pointer, ZMQ_DONTWAIT) >= 0 else {
        if frames.isEmpty, zmq_errno() == EAGAIN || zmq_errno() == EINTR { return nil }
        throw ZeroMQFailure.last("receive")
      }
      if frames.count < Self.frameLimit {
        frames.append([UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
      }
      hasMore = zmq_msg_more(&message) != 0
    }
    return frames
  }

  /// Waits until one of the sockets has a message.
  ///
  /// - Returns: for each socket whether it has; all false when the time is over.
  public static func poll(_ sockets: [ZeroMQSocket], milliseconds: Int) throws(ZeroMQFailure) -> [Bool] {
    var items = sockets.map { socket in
      zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
    }
    guard zmq_poll(&items, Int32(items.count), milliseconds) >= 0 else {
      if zmq_errno() == EINTR { return sockets.map { _ in false } }
      throw ZeroMQFailure.last("poll")
    }
    return items.map { $0.revents & Int16(ZMQ_POLLIN) != 0 }
  }

  /// The options are known and their values within range, so that setting them cannot fail.
  private func set<Value>(_ option: Int32, _ value: Value) {
    let result = withUnsafeBytes(of: value) { zmq_setsockopt(pointer, option, $0.baseAddress, $0.count) }
    precondition(result == 0, "ZeroMQ refuses option \(option)")
  }
}
