import NIOCore

/// Whether a peer has stopped taking what is written to its socket; one that takes bytes, however slowly, has not. A value of
/// one owner; reads no clock.
package struct WriteStall: Sendable {
  /// Since when nothing was taken of a full socket's bytes; nil while it is not full.
  private var since: NIODeadline?
  /// What waited when that was last looked at.
  private var waiting: Int?
  /// Nothing more will be written.
  private var isEnding = false
  /// When the last bytes had been taken.
  private var takenAt: NIODeadline?

  package init() {}

  /// The socket is full, or no more.
  package mutating func writabilityChanged(_ isWritable: Bool, now: NIODeadline) {
    since = isWritable && !isEnding ? nil : now
    waiting = nil
  }

  /// The last bytes have been written: they are to be taken too, though the socket was never full.
  package mutating func ends(now: NIODeadline) {
    isEnding = true
    since = now
    waiting = nil
  }

  /// The last bytes were taken.
  package mutating func ended(now: NIODeadline) {
    isEnding = false
    since = nil
    takenAt = now
  }

  /// Whether the last bytes were taken longer than `limit` ago: time enough for the peer to notice that they are.
  package func hasLingered(_ limit: TimeAmount, now: NIODeadline) -> Bool {
    if let takenAt { now - takenAt > limit } else { false }
  }

  /// To be asked now and then.
  ///
  /// - Parameter bytes: what waits for the socket; not looked at while it is not full.
  /// - Returns: whether nothing of it was taken for longer than `limit`.
  package mutating func isOver(_ limit: TimeAmount, waiting bytes: @autoclosure () -> Int, now: NIODeadline) -> Bool {
    guard var since else { return false }
    let bytes = bytes()
    if let waiting, bytes < waiting { since = now }
    self.since = since
    waiting = bytes
    return now - since > limit
  }
}

extension ChannelHandlerContext {
  /// Bytes that were written and that the socket has not taken.
  package var bufferedBytes: Int { (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }
}
