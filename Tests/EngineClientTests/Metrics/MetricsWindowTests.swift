import Fleet
import Testing

@testable import EngineClient

@Suite("Rates, means and quantiles over the window")
struct MetricsWindowTests {
  private func scrape(_ page: String) -> EngineScrape { EngineScrape(Array(page.utf8), dialect: .vllm) }
  private func tokens(_ count: Int) -> EngineScrape { scrape("vllm:generation_tokens_total \(count)\n") }

  private func seconds(_ count: Double) -> UInt64 { UInt64(count * 1e9) }

  @Test("nothing is known before the first scrape")
  func nothing() {
    #expect(MetricsWindow().metrics(now: 5) == EngineMetrics())
  }

  @Test("a rate is of the window, not of the engine's life")
  func rate() {
    var window = MetricsWindow()
    for second in 0...200 {
      // 10 tokens a second, from the hundredth second on 50.
      window.add(tokens(10 * second + max(0, second - 100) * 40), at: seconds(Double(second)))
      let rate = window.metrics(now: seconds(Double(second))).generationTokensPerSecond
      switch second {
      case 0: #expect(rate == nil)
      case 1...100: #expect(rate == 10)
      case 166...200: #expect(rate == 50)
      default: #expect((rate ?? 0) > 10 && (rate ?? 0) <= 50)
      }
    }
  }

  @Test("counts that do not rise make a rate of zero, which is known")
  func zero() {
    var window = MetricsWindow()
    window.add(tokens(7), at: seconds(1))
    window.add(tokens(7), at: seconds(2))
    #expect(window.metrics(now: seconds(2)).generationTokensPerSecond == 0)
  }

  @Test("a mean without an observation in the window is unknown")
  func noObservation() {
    var window = MetricsWindow()
    let page = scrape("vllm:e2e_request_latency_seconds_sum 9\nvllm:e2e_request_latency_seconds_count 3\n")
    window.add(page, at: seconds(1))
    window.add(page, at: seconds(2))
    #expect(window.metrics(now: seconds(2)).meanLatency == nil)
  }

  @Test("an engine that began anew is noticed, and its rates begin anew")
  func restart() {
    var window = MetricsWindow()
    window.add(tokens(1_000), at: seconds(0))
    window.add(tokens(1_100), at: seconds(10))
    #expect(window.add(tokens(30), at: seconds(20)) == .restarted)
    #expect(window.metrics(now: seconds(20)).generationTokensPerSecond == nil)
    #expect(window.add(tokens(80), at: seconds(30)) == .moved)
    #expect(window.metrics(now: seconds(30)).generationTokensPerSecond == 5)
  }

  @Test("a distribution that fell is a restart too")
  func histogramRestart() {
    var window = MetricsWindow()
    window.add(scrape("vllm:e2e_request_latency_seconds_count 5\n"), at: 1)
    #expect(window.add(scrape("vllm:e2e_request_latency_seconds_count 4\n"), at: 2) == .restarted)
  }

  @Test("two names for one count are not taken for a restart")
  func otherSource() {
    var window = MetricsWindow()
    window.add(scrape("http_requests_total 500\n"), at: seconds(0))
    let change = window.add(scrape("http_requests_total 510\nvllm:request_success_total 3\n"), at: seconds(1))
    #expect(change == .moved)
    #expect(window.metrics(now: seconds(1)).requestsPerSecond == nil)
  }

  @Test("numbers move when the queue, the cache or a count does")
  func moved() {
    var window = MetricsWindow()
    let page =
      "vllm:num_requests_running 1\nvllm:generation_tokens_total 5\nvllm:cache_config_info{block_size=\"16\"} 1\n"
    #expect(window.add(scrape(page), at: 1) == .moved)
    #expect(window.add(scrape(page), at: 2) == .unmoved)
    #expect(window.add(scrape(page.replacing("running 1", with: "running 2")), at: 3) == .moved)
    #expect(window.add(scrape(page.replacing("total 5", with: "total 6")), at: 4) == .moved)
  }

  @Test("numbers older than the limit are unknown")
  func stale() {
    var window = MetricsWindow()
    window.add(scrape("vllm:num_requests_running 1\n"), at: seconds(10))
    #expect(window.metrics(now: seconds(11.5), staleAfter: seconds(1.5)).runningRequests == 1)
    #expect(window.metrics(now: seconds(11.6), staleAfter: seconds(1.5)) == EngineMetrics())
  }

  @Test("after a gap longer than the window the rate is unknown until the next scrape")
  func gap() {
    var window = MetricsWindow()
    window.add(tokens(0), at: seconds(0))
    window.add(tokens(10), at: seconds(1))
    window.add(tokens(500), at: seconds(100))
    #expect(window.metrics(now: seconds(100)).generationTokensPerSecond == nil)
    window.add(tokens(520), at: seconds(101))
    #expect(window.metrics(now: seconds(101)).generationTokensPerSecond == 20)
  }

  @Test("a scrape from the past is passed over")
  func past() {
    var window = MetricsWindow()
    window.add(tokens(5), at: 10)
    #expect(window.add(tokens(3), at: 10) == .unmoved)
    #expect(window.scrapedAt == 10)
  }

  @Test(
    "a quantile lies within its bucket",
    arguments: [(0.25, 0.5), (0.5, 1), (0.75, 1.5), (0.9, 1.8), (1, 2)])
  func quantile(_ share: Double, _ value: Double) {
    var histogram = CumulativeHistogram()
    for (bound, count) in [(2.0, 20.0), (1, 10), (.infinity, 20)] { histogram.addBucket(upTo: bound, count: count) }
    histogram.finish()
    #expect(histogram.quantile(share) == value)
  }

  @Test("beyond the last bound a quantile is that bound, and without observations it is unknown")
  func quantileEdges() {
    var histogram = CumulativeHistogram()
    for (bound, count) in [(1.0, 10.0), (2, 20), (.infinity, 40)] { histogram.addBucket(upTo: bound, count: count) }
    histogram.finish()
    #expect(histogram.quantile(0.95) == 2)
    var empty = CumulativeHistogram()
    empty.addBucket(upTo: 1, count: 0)
    empty.addBucket(upTo: .infinity, count: 0)
    empty.finish()
    #expect(empty.quantile(0.95) == nil)
    #expect(CumulativeHistogram().quantile(0.5) == nil)
  }

  @Test("the buckets of several series are added up bound by bound")
  func series() {
    var histogram = CumulativeHistogram()
    for _ in 0..<2 {
      for (bound, count) in [(1.0, 1.0), (2, 3), (.infinity, 4)] { histogram.addBucket(upTo: bound, count: count) }
    }
    histogram.finish()
    #expect(histogram.counts == [2, 6])
    #expect(histogram.total == 8)
  }

  @Test("bounds beyond the limit are left out")
  func boundLimit() {
    var histogram = CumulativeHistogram()
    for bound in 0..<500 { histogram.addBucket(upTo: Double(bound), count: Double(bound)) }
    #expect(histogram.bounds.count == CumulativeHistogram.boundLimit)
  }
}
