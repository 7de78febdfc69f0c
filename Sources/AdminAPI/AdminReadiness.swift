/// How far the router's start has come.
public struct AdminReadiness: Sendable, Equatable {
  /// Requests can be routed.
  public var isReady: Bool
  /// A word for programs: `starting`, `loading`, `ready`, `draining`, `no_replica`.
  public var phase: String
  /// For people.
  public var message: String
  /// Classifiers that are loaded, of how many, and which are not yet.
  public var readyModels: Int
  public var totalModels: Int
  public var pendingModels: [String]
  /// When the phase was first seen to be this one, in seconds since 1970.
  public var updatedAt: Double

  public init(
    isReady: Bool, phase: String, message: String, readyModels: Int = 0, totalModels: Int = 0,
    pendingModels: [String] = [], updatedAt: Double
  ) {
    self.isReady = isReady
    self.phase = phase
    self.message = message
    self.readyModels = readyModels
    self.totalModels = totalModels
    self.pendingModels = pendingModels
    self.updatedAt = updatedAt
  }
}
