import Telemetry
import Testing

@Suite("Metrics") struct MetricsTests {
  @Test("the exposition is Prometheus' text format, in alphabetical order")
  func exposition() {
    let registry = MetricsRegistry()
    let durations = registry.histogram("b_seconds", help: "Durations.", bounds: [0.5, 1], labels: [("model", "m")])
    durations.observe(0.25)
    durations.observe(0.5)
    durations.observe(0.75)
    durations.observe(2)
    registry.counter("c_total", help: "Things.", labels: [("model", "b"), ("code", "200")]).increment()
    registry.counter("c_total", help: "Things.", labels: [("model", "a"), ("code", "200")]).increment(by: 41)
    registry.gauge("a_ratio", help: "A share.") { 0.125 }
    #expect(
      registry.exposition() == """
        # HELP a_ratio A share.
        # TYPE a_ratio gauge
        a_ratio 0.125
        # HELP b_seconds Durations.
        # TYPE b_seconds histogram
        b_seconds_bucket{model="m",le="0.5"} 2
        b_seconds_bucket{model="m",le="1"} 3
        b_seconds_bucket{model="m",le="+Inf"} 4
        b_seconds_sum{model="m"} 3.5
        b_seconds_count{model="m"} 4
        # HELP c_total Things.
        # TYPE c_total counter
        c_total{model="a",code="200"} 41
        c_total{model="b",code="200"} 1

        """)
  }

  @Test("a registry without metrics exposes nothing")
  func empty() { #expect(MetricsRegistry().exposition() == "") }

  @Test("a histogram without labels has the bound as its only one")
  func unlabelledHistogram() {
    let registry = MetricsRegistry()
    _ = registry.histogram("h", help: "H.", bounds: [0.000001])
    #expect(
      registry.exposition()
        == "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1e-06\"} 0\nh_bucket{le=\"+Inf\"} 0\nh_sum 0\nh_count 0\n")
  }

  @Test("quotes, backslashes and line ends in labels are escaped, other characters stay")
  func escaping() {
    let registry = MetricsRegistry()
    registry.counter("c", help: "Back\\slash\nand line.", labels: [("model", "a\"b\\c\nd\re\u{E9}{}=,")]).increment()
    #expect(
      registry.exposition()
        == "# HELP c Back\\\\slash\\nand line.\n# TYPE c counter\nc{model=\"a\\\"b\\\\c\\nd\re\u{E9}{}=,\"} 1\n")
  }

  @Test("the same labels give the same counter, other labels another")
  func identity() {
    let registry = MetricsRegistry()
    let first = registry.counter("c", help: "C.", labels: [("a", "1")])
    #expect(registry.counter("c", help: "C.", labels: [("a", "1")]) === first)
    #expect(registry.counter("c", help: "C.", labels: [("a", "2")]) !== first)
    #expect(registry.counter("d", help: "D.", labels: [("a", "1")]) !== first)
    let histogram = registry.histogram("h", help: "H.", bounds: [1])
    #expect(registry.histogram("h", help: "H.", bounds: [1]) === histogram)
  }

  @Test("shares are apart, and told together")
  func shares() {
    let registry = MetricsRegistry()
    func counter(isOwn: Bool) -> Counter { registry.counter("c", help: "C.", labels: [("a", "1")], isOwn: isOwn) }
    func histogram(isOwn: Bool) -> Histogram { registry.histogram("h", help: "H.", bounds: [1, 2], isOwn: isOwn) }
    let counters = [counter(isOwn: true), counter(isOwn: true), counter(isOwn: false), counter(isOwn: false)]
    #expect(Set(counters.map { ObjectIdentifier($0) }).count == 3)
    for (counter, count) in zip(counters, 1...4) { counter.increment(by: UInt64(count)) }
    for (isOwn, value) in [(true, 0.5), (true, 1.5), (false, 9)] { histogram(isOwn: isOwn).observe(value) }
    #expect(
      registry.exposition() == """
        # HELP c C.
        # TYPE c counter
        c{a="1"} 10
        # HELP h H.
        # TYPE h histogram
        h_bucket{le="1"} 1
        h_bucket{le="2"} 2
        h_bucket{le="+Inf"} 3
        h_sum 11
        h_count 3

        """)
  }

  @Test("there are no shares of the child of those beyond the limit")
  func sharesBeyondLimit() {
    let registry = MetricsRegistry()
    for index in 0..<MetricsRegistry.maximumChildren {
      _ = registry.counter("c", help: "C.", labels: [("a", "\(index)")], isOwn: true)
    }
    let beyond = ["x", "y"].map { registry.counter("c", help: "C.", labels: [("a", $0)], isOwn: true) }
    #expect(beyond[0] === beyond[1])
  }

  @Test("labels beyond the limit share one child whose values are all `other`")
  func childLimit() {
    let registry = MetricsRegistry()
    for index in 0..<MetricsRegistry.maximumChildren {
      registry.counter("c", help: "C.", labels: [("user", "\(index)"), ("code", "200")]).increment()
    }
    let shared = registry.counter("c", help: "C.", labels: [("user", "new"), ("code", "200")])
    #expect(registry.counter("c", help: "C.", labels: [("user", "newer"), ("code", "500")]) === shared)
    #expect(registry.counter("c", help: "C.", labels: [("user", "7"), ("code", "200")]) !== shared)
    shared.increment(by: 3)
    let lines = registry.exposition().split(separator: "\n")
    #expect(MetricsRegistry.maximumChildren == 2_000)
    #expect(lines.count == 2 + 2_000 + 1)
    #expect(lines.contains("c{user=\"other\",code=\"other\"} 3"))
    // Other families are not concerned.
    #expect(registry.counter("d", help: "D.", labels: [("user", "new")]).value == 0)
  }

  @Test("a gauge that is unknown is left out")
  func unknownGauge() {
    let registry = MetricsRegistry()
    registry.gauge("g", help: "G.", labels: [("a", "1")]) { nil }
    registry.gauge("g", help: "G.", labels: [("a", "2")]) { 3 }
    #expect(registry.exposition() == "# HELP g G.\n# TYPE g gauge\ng{a=\"2\"} 3\n")
  }

  @Test("a gauge is read when somebody asks; a later one of the same labels takes its place")
  func gauges() {
    let registry = MetricsRegistry()
    let counter = Counter()
    registry.gauge("g", help: "G.") { -1 }
    registry.gauge("g", help: "G.") { Double(counter.value) }
    counter.increment(by: 5)
    #expect(registry.exposition() == "# HELP g G.\n# TYPE g gauge\ng 5\n")
    counter.increment()
    #expect(registry.exposition() == "# HELP g G.\n# TYPE g gauge\ng 6\n")
  }

  @Test("numbers are written as Prometheus reads them")
  func numbers() {
    let numbers: [(Double, String)] = [
      (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"), (1e15, "1000000000000000.0"), (1e16, "1e+16"),
      (123_456_789, "123456789"),
      (1.5e-7, "1.5e-07"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ]
    for (number, text) in numbers {
      let registry = MetricsRegistry()
      registry.gauge("g", help: "G.") { number }
      #expect(registry.exposition() == "# HELP g G.\n# TYPE g gauge\ng \(text)\n")
    }
  }

  @Test("an observation counts in the first bucket whose bound it does not exceed")
  func buckets() {
    let histogram = Histogram(bounds: [1, 2, 4])
    for value in [0, 1, 1.5, 2, 3, 4, 4.5, 1_000] { histogram.observe(value) }
    #expect(histogram.snapshot.cumulative == [2, 4, 6, 8])
    #expect(histogram.snapshot.sum == 1_016)
  }

  @Test("what is no duration is not observed")
  func nonsense() {
    let histogram = Histogram(bounds: [1])
    for value in [-1, .nan, .infinity, -.infinity, 1e9] { histogram.observe(value) }
    #expect(histogram.snapshot.cumulative == [0, 0])
    #expect(histogram.snapshot.sum == 0)
  }

  @Test("nanoseconds are seconds in the exposition")
  func nanoseconds() {
    let histogram = Histogram(bounds: [0.001, 1])
    histogram.observe(nanoseconds: 1_000_000)
    histogram.observe(nanoseconds: 1_000_001)
    histogram.observe(nanoseconds: 2_500_000_000)
    #expect(histogram.snapshot.cumulative == [1, 2, 3])
    #expect(histogram.snapshot.sum == 2.502_000_001)
  }

  @Test("a sum that no integer holds any more starts anew instead of ending the process")
  func sumOverflow() {
    let histogram = Histogram(bounds: [])
    for _ in 0..<20 { histogram.observe(999_999_999) }
    #expect(histogram.snapshot.cumulative == [20])
    let counter = Counter()
    counter.increment(by: .max)
    counter.increment()
    #expect(counter.value == 0)
  }

  @Test("the bounds of all bucket sets ascend")
  func bounds() {
    for bounds in [Histogram.requestBounds, Histogram.routingBounds, Histogram.confidenceBounds] {
      #expect(bounds == bounds.sorted())
      #expect(Set(bounds).count == bounds.count)
    }
  }

  @Test("counters lose nothing when four threads count at once")
  func threads() async {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("h", help: "H.", bounds: [1])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<2_500 {
            registry.counter("c", help: "C.", labels: [("a", "b")]).increment()
            histogram.observe(nanoseconds: 1)
          }
        }
      }
    }
    #expect(registry.counter("c", help: "C.", labels: [("a", "b")]).value == 10_000)
    #expect(histogram.snapshot.cumulative == [10_000, 10_000])
    #expect(histogram.snapshot.sum == 0.000_01)
  }
}
