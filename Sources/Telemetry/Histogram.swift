import Synchronization

/// Observations of a duration or size, counted in buckets. Two relaxed atomic additions; safe from any thread.
public final class Histogram: Sendable {
  /// Upper bounds in seconds (or the metric's unit), ascending; a last bucket without bound is implied.
  public let bounds: [Double]
  /// One a bound and one more, in memory of their own: counting takes hold of no further object.
  private nonisolated(unsafe) let counts: UnsafeMutableBufferPointer<Atomic<UInt64>>
  /// In billionths of the unit, so that adding stays one integer operation.
  private let sum = Atomic<UInt64>(0)

  public init(bounds: [Double]) {
    self.bounds = bounds
    counts = .allocate(capacity: bounds.count + 1)
    for index in counts.indices { counts.initializeElement(at: index, to: Atomic(0)) }
  }

  deinit {
    counts.deinitialize()
    counts.deallocate()
  }

  public func observe(nanoseconds: UInt64) { observe(Double(nanoseconds) / 1e9, billionths: nanoseconds) }

  /// - Parameter value: not negative and finite.
  public func observe(_ value: Double) {
    guard value.isFinite, value >= 0, value < 1e9 else { return }
    observe(value, billionths: UInt64(value * 1e9))
  }

  private func observe(_ value: Double, billionths: UInt64) {
    var index = 0
    while index < bounds.count, value > bounds[index] { index += 1 }
    counts[index].wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(billionths, ordering: .relaxed)
  }

  /// Cumulative counts, one a bound and one for all.
  public var snapshot: (cumulative: [UInt64], sum: Double) {
    var running: UInt64 = 0
    let cumulative = counts.indices.map { index in
      running += counts[index].load(ordering: .relaxed)
      return running
    }
    return (cumulative, Double(sum.load(ordering: .relaxed)) / 1e9)
  }

  /// 100 µs … 60 s, for whole requests.
  public static let requestBounds: [Double] = [
    0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
  ]
  /// 1 µs … 100 ms, for what the router itself does.
  public static let routingBounds: [Double] = [
    0.000001, 0.0000025, 0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.01, 0.1,
  ]
  public static let confidenceBounds: [Double] = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
}
