/// The names by which one kind of engine tells its metrics.
///
/// A dialect is one file in this folder and one entry of ``all``. A name means the same whichever labels it has; where an
/// engine has several names for one thing, the first row that the page has counts and the others do not.
public struct EngineDialect: Sendable {
  /// What a name of the page stands for.
  enum Meaning: Sendable {
    case gauges([EngineGauge])
    case counter(EngineCounter)
    /// The name without `_bucket`, `_sum` and `_count`.
    case histogram(EngineHistogram)
    /// A series for each state, the current one 1, its name in the label `sleep_state`; without the label the value.
    case sleepState
    /// Labels `max_lora`, `running_lora_adapters` and `waiting_lora_adapters`; of several series the one with the
    /// greatest value, which is the time of the change, is current.
    case adapters
    /// Labels `block_size` and `num_gpu_blocks`.
    case cacheConfiguration
  }

  struct Row: Sendable {
    let name: String
    let meaning: Meaning
  }

  /// As configurations and traces write it: `vllm`, `vllm-v0`, `sglang`, `trtllm`, `xllm`.
  public let name: String
  /// Where the engine serves the page.
  public let metricsPath: String
  let rows: [Row]
  let lookup: MetricNameTable

  init(name: String, metricsPath: String = "/metrics", rows: [Row]) {
    self.name = name
    self.metricsPath = metricsPath
    self.rows = rows + Self.unprefixed
    lookup = MetricNameTable(self.rows)
  }

  /// All dialects. Where a page's names speak for several as much, the first of them is taken.
  public static let all: [EngineDialect] = [.vllm, .vllmV0, .sglang, .tensorRTLLM, .xllm]

  /// The dialect of that name, or of that engine: `tensorrt-llm` and `vllm-v1` are known too.
  public static func named(_ name: String) -> EngineDialect? {
    switch name.lowercased() {
    case "vllm-v1": .vllm
    case "tensorrt-llm", "tensorrtllm", "trt-llm": .tensorRTLLM
    case let name: all.first { $0.name == name }
    }
  }

  /// Names that web frameworks and runtimes in front of any engine use; a dialect's own rows come first.
  static let unprefixed: [Row] = [
    Row(name: "http_requests_total", meaning: .counter(.requests)),
    Row(name: "gpu_busy_time_ratio", meaning: .gauges([.gpuBusyRatio])),
  ]
}
