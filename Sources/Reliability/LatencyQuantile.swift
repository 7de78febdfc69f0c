/// A quantile of recent latencies in bounded memory.
///
/// Two histograms take turns: one fills for `window`, the other holds the window before; a quantile is read over both, so
/// it speaks for the last one to two windows. P² markers (Jain and Chlamtac 1985) would need five numbers only, but never
/// forget; a replica that became slow an hour ago would still look fast.
///
/// Buckets are those of HdrHistogram with 8 a doubling, from 1 ms: exact below 8 ms, then at most an eighth wide; a
/// quantile is its bucket's upper end, so at most 12.5 % too high. Above 2^20 ms (17 minutes) all count as that.
///
///     latency     3 ms   8 ms   100 ms        5 s               20 min
///     reported    4 ms   9 ms   104 ms        5.12 s            17.5 min
///
/// 1.2 KiB, no allocation.
public struct LatencyQuantile: Sendable {
  static let bucketCount = 8 * 18
  private static let largest: UInt64 = (1 << 20) - 1

  private let window: UInt64
  private var current: InlineArray<144, UInt32> = .init(repeating: 0)
  private var previous: InlineArray<144, UInt32> = .init(repeating: 0)
  private var currentCount = 0
  private var previousCount = 0
  private var windowStart: UInt64 = 0

  /// - Parameter window: nanoseconds, more than none.
  public init(window: UInt64 = .seconds(30)) { self.window = max(1, window) }

  /// Latencies that a quantile at the last event's time speaks for.
  public var count: Int { currentCount + previousCount }

  /// - Parameter latency: nanoseconds.
  public mutating func record(_ latency: UInt64, now: UInt64) {
    advance(to: now)
    let bucket = Self.bucket(of: latency)
    guard current[bucket] < .max else { return }
    current[bucket] += 1
    currentCount += 1
  }

  /// The latency, in nanoseconds, that `fraction` of the recent ones did not exceed; nil when fewer than
  /// `minimumCount` are known. O(buckets).
  public mutating func value(at fraction: Double, minimumCount: Int = 1, now: UInt64) -> UInt64? {
    advance(to: now)
    guard count >= max(1, minimumCount) else { return nil }
    let rank = max(1, min(count, Int((max(0, min(1, fraction)) * Double(count)).rounded(.up))))
    var seen = 0
    for bucket in 0..<Self.bucketCount {
      seen += Int(current[bucket]) + Int(previous[bucket])
      if seen >= rank { return Self.upperEnd(of: bucket) }
    }
    return Self.upperEnd(of: Self.bucketCount - 1)
  }

  private mutating func advance(to now: UInt64) {
    if windowStart == 0 { windowStart = now }
    let elapsed = now.since(windowStart)
    guard elapsed >= window else { return }
    // A whole window without an event leaves nothing recent.
    let isStale = elapsed / window >= 2
    previous = isStale ? .init(repeating: 0) : current
    previousCount = isStale ? 0 : currentCount
    current = .init(repeating: 0)
    currentCount = 0
    windowStart += elapsed / window * window
  }

  /// Below 8: itself. Above: 8 × (number of doublings) + the three bits behind the highest.
  static func bucket(of latency: UInt64) -> Int {
    let milliseconds = min(latency / 1_000_000, largest)
    guard milliseconds >= 8 else { return Int(milliseconds) }
    let shift = 60 - milliseconds.leadingZeroBitCount
    return 8 * (shift + 1) + Int((milliseconds >> UInt64(shift)) & 7)
  }

  /// The first latency beyond the bucket, nanoseconds.
  static func upperEnd(of bucket: Int) -> UInt64 {
    guard bucket >= 8 else { return .milliseconds(UInt64(bucket) + 1) }
    let shift = UInt64(bucket / 8 - 1)
    return .milliseconds((UInt64(8 + bucket % 8) + 1) << shift)
  }
}
