/// Where an engine keeps a block of its KV cache, from the quickest to the slowest.
public enum CacheTier: UInt8, Sendable, CaseIterable {
  case gpu, cpu, disk

  /// Its bit among the tiers that hold a block.
  @inline(__always) var bit: UInt64 { 1 << UInt64(rawValue) }
}

/// What a cached token saves of its prefill, by the tier that holds it: 1 is all of it, 0 nothing.
///
/// A token on the GPU is there. One in the CPU's memory or on a disk must be brought back first, which takes a part of the time
/// in which it would have been read anew. An 8B model with grouped queries keeps 128 KiB a token: 20 GB/s from pinned memory
/// bring 150 000 tokens a second, 4 GB/s from a disk 30 000, where its prefill reads 10 000 to 30 000 and others share the way.
/// So 0.8 and 0.5 unless told otherwise; larger models read slower and save more.
public struct TierWeights: Sendable, Equatable {
  public var cpu: Double
  public var disk: Double

  /// - Precondition: both are 0 to 1.
  public init(cpu: Double = 0.8, disk: Double = 0.5) {
    precondition((0...1).contains(cpu) && (0...1).contains(disk), "a tier saves 0 to 1 of a token's prefill")
    self.cpu = cpu
    self.disk = disk
  }
}
