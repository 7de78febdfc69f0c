/// A Prometheus histogram: counts of observations by upper bound.
struct Histogram: Sendable, Equatable {
  /// Upper bounds, ascending; one more bucket reaches to infinity.
  let bounds: [Double]
  /// Observations in each bucket, not cumulative; the last is above every bound.
  private(set) var counts: [Int]
  private(set) var sum = 0.0
  private(set) var count = 0

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// Counts an observation; O(log buckets).
  mutating func observe(_ value: Double) {
    add(value, times: 1)
  }

  mutating func add(_ value: Double, times: Int) {
    var low = 0
    var high = bounds.count
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    counts[low] += times
    sum += value * Double(times)
    count += times
  }

  /// Fills the buckets with given counts, each as if observed at its bucket's upper bound (the last bound plus one for
  /// the bucket without bound); counts beyond the buckets are ignored.
  mutating func fill(_ values: [Int]) {
    for (index, times) in values.prefix(counts.count).enumerated() {
      add(index < bounds.count ? bounds[index] : (bounds.last ?? 0) + 1, times: times)
    }
  }

  static let firstTokenBounds: [Double] = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
  ]
  static let tokenBounds: [Double] = [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
  ]
  static let requestBounds: [Double] = [
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
  ]

  /// 1, 2, 5, 10, 20, 50 … up to `limit`.
  static func tokenCountBounds(upTo limit: Int) -> [Double] {
    var bounds: [Double] = []
    var magnitude = 1.0
    while magnitude <= Double(limit) {
      for factor in [1.0, 2.0, 5.0] where factor * magnitude <= Double(limit) { bounds.append(factor * magnitude) }
      magnitude *= 10
    }
    return bounds
  }
}
