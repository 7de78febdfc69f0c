import NIOPosix

/// The management API's threads, each of which makes one answer after another.
struct AdminThreads: Sendable {
  /// Metrics, users, configuration.
  private let own = NIOThreadPool(numberOfThreads: 1)
  /// What reads texts, which may take seconds.
  private let reading = NIOThreadPool(numberOfThreads: 1)

  func start() {
    own.start()
    reading.start()
  }

  /// What is being made is finished first.
  func stop() async {
    try? await own.shutdownGracefully()
    try? await reading.shutdownGracefully()
  }

  /// Where the answers of a route are made; nil on the connection's event loop.
  func pool(of place: AdminRoute.Place) -> NIOThreadPool? {
    switch place {
    case .eventLoop: nil
    case .ownThread: own
    case .readingThread: reading
    }
  }
}
