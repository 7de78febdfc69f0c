import Fleet
import Testing

@testable import EngineClient

/// A dialect's page read twice, ten seconds apart, the second time with every count and distribution twice as high, and
/// what is then known.
private struct DialectCase: CustomTestStringConvertible {
  var dialect: String
  var page: String
  var known: [EngineMetric: Double]

  var testDescription: String { dialect }

  static let all = [
    DialectCase(
      dialect: "vllm", page: Pages.vllm,
      known: [
        .runningRequests: 7, .waitingRequests: 1, .kvCacheUsage: 0.5, .gpuCacheUsage: 0.5, .sleepState: 1,
        .promptTokensPerSecond: 150_000, .generationTokensPerSecond: 25_000, .requestsPerSecond: 10,
        .preemptionsPerSecond: 0.2, .prefixCacheHitRatio: 0.4, .meanPromptTokens: 15_000,
        .meanGenerationTokens: 2_500, .meanQueueTime: 0.05, .meanPrefillTime: 0.15, .meanDecodeTime: 3,
        .meanTimeToFirstToken: 0.2, .p95TimeToFirstToken: 0.75, .meanTimePerOutputToken: 0.02,
        .p95TimePerOutputToken: 0.01 + 0.015 * 85 / 90, .meanLatency: 3.2, .cacheBlocks: 55_000,
        .cacheBlockTokens: 16, .maxAdapters: 4,
      ]),
    DialectCase(
      dialect: "vllm-v0", page: Pages.vllmV0,
      known: [
        .runningRequests: 2, .waitingRequests: 5, .swappedRequests: 1, .kvCacheUsage: 0.5, .gpuCacheUsage: 0.5,
        .cpuCacheUsage: 0.125, .promptTokensPerSecond: 1_200, .generationTokensPerSecond: 340.5,
        .preemptionsPerSecond: 0, .prefixCacheHitRatio: 0.75, .meanTimeToFirstToken: 0.75, .cacheBlockTokens: 32,
      ]),
    DialectCase(
      dialect: "sglang", page: Pages.sglang,
      known: [
        .runningRequests: 162, .waitingRequests: 2_826, .swappedRequests: 3, .kvCacheUsage: 0.28,
        .gpuCacheUsage: 0.28, .promptTokensPerSecond: 812_890.2, .generationTokensPerSecond: 755_757.2,
        .requestsPerSecond: 400, .prefixCacheHitRatio: 0.0075, .meanPromptTokens: 2_032.225_5,
        .meanGenerationTokens: 1_889.393, .meanTimeToFirstToken: 2.3518e6 / 11_008,
        .p95TimeToFirstToken: 0.001, .meanTimePerOutputToken: 0.025, .meanLatency: 3_116_093.850_019_932 / 11_008,
      ]),
    DialectCase(
      dialect: "trtllm", page: Pages.tensorRTLLM,
      known: [
        .kvCacheUsage: 0.6, .gpuCacheUsage: 0.6, .requestsPerSecond: 1, .prefixCacheHitRatio: 0.4,
        .meanQueueTime: 0.01, .meanTimeToFirstToken: 0.1, .meanTimePerOutputToken: 0.05, .meanLatency: 0.4,
      ]),
    DialectCase(
      dialect: "xllm", page: Pages.xllm,
      known: [.kvCacheUsage: 0.125, .gpuCacheUsage: 0.125, .engineUtilization: 0.875]),
  ]
}

@Suite("Dialects of engines")
struct EngineDialectTests {
  /// The page with every count and distribution twice as high: of the lines that are no levels.
  static func doubled(_ page: String) -> String {
    page.split(separator: "\n").map { line in
      let name = line.prefix { $0 != "{" && $0 != " " }
      guard ["_total", "_sum", "_count", "_bucket"].contains(where: { name.hasSuffix($0) }),
        let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...])
      else { return String(line) }
      return "\(line[..<space]) \(2 * value)"
    }.joined(separator: "\n")
  }

  @Test("each name means what the table says, and everything else is unknown", arguments: DialectCase.all)
  private func table(_ example: DialectCase) throws {
    let dialect = try #require(EngineDialect.recognise(Array(example.page.utf8)))
    #expect(dialect.name == example.dialect)
    var window = MetricsWindow()
    window.add(EngineScrape(Array(example.page.utf8), dialect: dialect), at: 1_000_000_000)
    window.add(EngineScrape(Array(Self.doubled(example.page).utf8), dialect: dialect), at: 11_000_000_000)
    let metrics = window.metrics(now: 11_000_000_000)
    let published = ReplicaMetrics()
    published.publish(metrics, adapters: nil)
    #expect(metrics.scrapedAt == 11_000_000_000)
    for metric in EngineMetric.allCases {
      switch (published[metric], example.known[metric]) {
      case (let value?, let expected?):
        #expect(abs(value - expected) <= 1e-9 * max(1, abs(expected)), "\(metric): \(value), not \(expected)")
      case (nil, nil): break
      case (let value, let expected):
        Issue.record("\(metric) is \(value.map { "\($0)" } ?? "unknown"), not \(expected.map { "\($0)" } ?? "unknown")")
      }
    }
  }

  @Test("what is counted or derived is unknown after one scrape", arguments: DialectCase.all)
  private func oneScrape(_ example: DialectCase) throws {
    let dialect = try #require(EngineDialect.named(example.dialect))
    var window = MetricsWindow()
    window.add(EngineScrape(Array(example.page.utf8), dialect: dialect), at: 1_000_000_000)
    let metrics = window.metrics(now: 1_000_000_000)
    #expect(metrics.kvCacheUsage == example.known[.kvCacheUsage])
    #expect(metrics.requestsPerSecond == nil)
    #expect(metrics.meanTimeToFirstToken == nil)
    #expect(metrics.p95TimeToFirstToken == nil)
  }

  @Test("the first names of two for one thing count, in whichever order the page has them")
  func preferredNames() {
    let lines = ["vllm:kv_cache_usage_perc 0.5", "vllm:gpu_cache_usage_perc 0.9", "vllm:kv_cache_usage_perc 0.7"]
    for page in [lines, lines.reversed()] {
      let scrape = EngineScrape(Array(page.joined(separator: "\n").utf8), dialect: .vllm)
      #expect(scrape[.kvCacheUsage] == 0.6)
    }
  }

  @Test("the adapters are those of the latest change")
  func adapters() {
    let scrape = EngineScrape(Array(Pages.vllm.utf8), dialect: .vllm)
    #expect(scrape.adapters == AdapterActivity(running: ["math", "sql"], waiting: ["law"]))
    let idle = EngineScrape(Array(Pages.simulatorV050.utf8), dialect: .vllmV0)
    #expect(idle.adapters == AdapterActivity())
    #expect(idle[.maxAdapters] == 6)
    #expect(EngineScrape(Array(Pages.sglang.utf8), dialect: .sglang).adapters == nil)
  }

  @Test("the simulated engine of v0.5.0 speaks vLLM's older names")
  func simulator() throws {
    let dialect = try #require(EngineDialect.recognise(Array(Pages.simulatorV050.utf8)))
    let scrape = EngineScrape(Array(Pages.simulatorV050.utf8), dialect: dialect)
    #expect(scrape[.running] == 1)
    #expect(scrape[.waiting] == 0)
    #expect(scrape[.gpuCacheUsage] == 0.0625)
  }

  @Test("levels that are no levels are unknown", arguments: ["NaN", "-1", "+Inf"])
  func noLevel(_ value: String) {
    let scrape = EngineScrape(Array("vllm:num_requests_running \(value)\n".utf8), dialect: .vllm)
    #expect(scrape[.running] == nil)
    #expect(scrape.knownSamples == 1)
  }

  @Test(
    "a page without an engine's names is nobody's",
    arguments: ["", "<html>not found</html>", "up 1\n", "http_requests_total 5\n"])
  func unknown(_ page: String) {
    #expect(EngineDialect.recognise(Array(page.utf8)) == nil)
  }

  @Test("engines are known by their names")
  func names() {
    #expect(EngineDialect.all.map(\.name) == ["vllm", "vllm-v0", "sglang", "trtllm", "xllm"])
    #expect(EngineDialect.named("SGLang")?.name == "sglang")
    #expect(EngineDialect.named("tensorrt-llm")?.metricsPath == "/prometheus/metrics")
    #expect(EngineDialect.named("ollama")?.name == nil)
  }
}
