import NIOCore

/// A client's connection as its loop sees it, whatever the protocol. Used from that loop.
protocol ClientConnection: AnyObject {
  /// Closes at once, whatever runs.
  func close()
  /// Ends what runs so that the client sees it, and closes.
  func stop()
  /// Takes no further request, and closes when none runs.
  func drain()
  /// Called several times a second, for everything that takes too long.
  func expire(_ now: NIODeadline)
}
