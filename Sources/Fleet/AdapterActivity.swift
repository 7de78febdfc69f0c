/// The adapters that an engine says it is running, and those that requests wait for.
public struct AdapterActivity: Sendable, Equatable {
  /// Adapters kept of each list at most.
  public static let limit = 256

  public var running: [String]
  public var waiting: [String]

  public init(running: [String] = [], waiting: [String] = []) {
    self.running = running
    self.waiting = waiting
  }
}
