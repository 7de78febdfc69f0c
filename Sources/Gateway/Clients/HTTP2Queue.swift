import NIOCore

/// Bytes of an HTTP/2 stream, or of all streams of a connection, that wait for the peer's windows or for the socket.
///
/// A bound with a gap: it is full from ``limit`` on, until no more than half of that waits. Whoever fills it is to stop while
/// it is full, so it never holds more than the limit and what one write adds. A value of one owner; reads no clock.
package struct HTTP2Queue: Sendable {
  /// Bytes from which it is full.
  package let limit: Int
  /// Bytes that wait.
  package private(set) var bytes = 0
  /// As many as the limit have waited, and fewer than half have gone since.
  package private(set) var isFull = false
  /// When bytes that wait last began to, or went.
  private var progressAt: NIODeadline

  /// - Parameter now: the moment; the time that a queue stalls for begins with bytes, not here.
  package init(limit: Int, now: NIODeadline) {
    self.limit = limit
    progressAt = now
  }

  /// Bytes were written.
  package mutating func add(_ count: Int, now: NIODeadline) {
    if bytes == 0 { progressAt = now }
    bytes += count
    if bytes >= limit { isFull = true }
  }

  /// Bytes have gone, or are dropped with their stream.
  ///
  /// - Returns: true when it was full and is no more.
  @discardableResult
  package mutating func remove(_ count: Int, now: NIODeadline) -> Bool {
    bytes -= count
    progressAt = now
    guard isFull, bytes <= limit / 2 else { return false }
    isFull = false
    return true
  }

  /// Whether the peer has taken nothing of what waits for it for longer than this.
  package func isStalled(_ now: NIODeadline, after time: TimeAmount) -> Bool { bytes > 0 && now - progressAt > time }
}
