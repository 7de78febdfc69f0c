/// Whether choices of a model's replicas go by what its engines tell of their caches (`balancing.kv_events`).
public struct ResidencySettings: Sendable, Equatable {
  /// What engines tell is compared with the tokens of each prompt.
  public var isExact: Bool
  /// How long a request waits for its prompt's tokens; above 0.
  public var tokenizeTimeout: Duration
  /// What a token in the CPU's memory, or on a disk, saves of its prefill: 0 to 1.
  public var cpuTier: Double
  public var diskTier: Double

  public init(
    isExact: Bool = false, tokenizeTimeout: Duration = .milliseconds(50), cpuTier: Double = 0.8, diskTier: Double = 0.5
  ) {
    self.isExact = isExact
    self.tokenizeTimeout = tokenizeTimeout
    self.cpuTier = cpuTier
    self.diskTier = diskTier
  }
}
