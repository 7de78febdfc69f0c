/// A histogram as engines print it: for each bound how many observations were at most that, and their sum and number.
struct CumulativeHistogram: Sendable, Equatable {
  /// Finite bounds kept at most; those beyond are left out, which makes the buckets between coarser.
  static let boundLimit = 128

  /// Ascending; as many as ``counts``.
  private(set) var bounds: [Double] = []
  /// Observations at or below the bound of the same place; never falling.
  private(set) var counts: [Double] = []
  /// Of all observations; nil when it was not told.
  private(set) var sum: Double?
  private(set) var total: Double?
  /// Where the next bucket belongs if the page goes on in order.
  private var cursor = 0
  private var infinite: Double?

  init() {}

  /// Adds a bucket of one series to the others' of the same bound.
  mutating func addBucket(upTo bound: Double, count: Double) {
    guard !bound.isNaN else { return }
    if bound == .infinity {
      infinite = (infinite ?? 0) + count
      cursor = 0
    } else if cursor < bounds.count, bounds[cursor] == bound {
      counts[cursor] += count
      cursor += 1
    } else if let place = bounds.firstIndex(of: bound) {
      counts[place] += count
      cursor = place + 1
    } else if bounds.count < Self.boundLimit {
      bounds.append(bound)
      counts.append(count)
      cursor = bounds.count
    }
  }

  mutating func add(sum more: Double) { sum = (sum ?? 0) + more }
  mutating func add(total more: Double) { total = (total ?? 0) + more }

  /// To be called when the page is read: brings the buckets into order.
  mutating func finish() {
    cursor = 0
    if total == nil { total = infinite }
    infinite = nil
    if zip(bounds, bounds.dropFirst()).contains(where: { $0 >= $1 }) {
      let pairs = zip(bounds, counts).sorted { $0.0 < $1.0 }
      bounds = pairs.map(\.0)
      counts = pairs.map(\.1)
    }
    for place in counts.indices.dropFirst() where counts[place] < counts[place - 1] {
      counts[place] = counts[place - 1]
    }
  }

  /// What was observed since `earlier`; nil when that has other bounds, so that they cannot be told apart.
  func since(_ earlier: CumulativeHistogram) -> CumulativeHistogram? {
    guard bounds == earlier.bounds, let total, let earlierTotal = earlier.total else { return nil }
    var difference = self
    difference.total = total - earlierTotal
    if let sum, let earlierSum = earlier.sum { difference.sum = sum - earlierSum } else { difference.sum = nil }
    for place in counts.indices { difference.counts[place] -= earlier.counts[place] }
    return difference
  }

  /// nil without observations.
  var mean: Double? {
    guard let sum, let total, total > 0 else { return nil }
    return sum / total
  }

  /// The value that a share of the observations does not exceed; nil without observations.
  ///
  /// As Prometheus' `histogram_quantile`: the share falls into a bucket, and within it observations count as evenly
  /// spread, the first bucket beginning at 0 if its bound is above. Beyond the last finite bound the answer is that bound.
  ///
  /// | bounds | counts | share | answer |
  /// |---|---|---|---|
  /// | 1, 2 | 10, 20 of 20 | 0.5 | 1 |
  /// | 1, 2 | 10, 20 of 20 | 0.75 | 1.5 |
  /// | 1, 2 | 10, 20 of 40 | 0.95 | 2 |
  func quantile(_ share: Double) -> Double? {
    guard let total, total > 0, let last = bounds.last else { return nil }
    let rank = share * total
    guard let place = counts.firstIndex(where: { $0 >= rank }) else { return last }
    let below = place == 0 ? 0 : counts[place - 1]
    let start = place == 0 ? min(0, bounds[0]) : bounds[place - 1]
    let inside = counts[place] - below
    guard inside > 0 else { return bounds[place] }
    if place == 0, bounds[0] <= 0 { return bounds[0] }
    return start + (bounds[place] - start) * (rank - below) / inside
  }
}
