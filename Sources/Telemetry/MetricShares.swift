/// What several threads count of one metric, each on its own or all together.
struct MetricShares<Metric: Sendable>: Sendable {
  /// Of all who asked for none of their own.
  private var common: Metric?
  private var own: [Metric] = []

  var all: [Metric] { (common.map { [$0] } ?? []) + own }

  /// - Parameter isOwn: a new one, that nobody else gets.
  mutating func share(isOwn: Bool, _ make: () -> Metric) -> Metric {
    if !isOwn, let common { return common }
    let new = make()
    if isOwn { own.append(new) } else { common = new }
    return new
  }
}

extension MetricShares<Counter> {
  var total: UInt64 { all.reduce(0) { $0 &+ $1.value } }
}

extension MetricShares<Histogram> {
  /// Cumulative counts, one a bound and one for all, and the sum of what was observed.
  var total: (cumulative: [UInt64], sum: Double) {
    all.reduce(into: ([], 0)) { total, share in
      let (cumulative, sum) = share.snapshot
      total.cumulative = total.cumulative.isEmpty ? cumulative : zip(total.cumulative, cumulative).map { $0 &+ $1 }
      total.sum += sum
    }
  }
}
