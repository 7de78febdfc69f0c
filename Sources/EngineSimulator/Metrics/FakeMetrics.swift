/// Values that `/metrics` shows instead of the real ones, as `--fake-metrics` gives them. While they are set, nothing else
/// is exported.
public struct FakeMetrics: Sendable, Equatable {
  public enum Gauge: Sendable, Equatable {
    case constant(Double)
    case function(MetricFunction)

    func value(atMilliseconds time: Double) -> Double {
      switch self {
      case .constant(let value): return value
      case .function(let function): return function.value(atMilliseconds: time)
      }
    }
  }

  public struct Adapters: Sendable, Equatable {
    public var running: String
    public var waiting: String
    /// Unix seconds.
    public var timestamp: Double
  }

  public var running: Gauge?
  public var waiting: Gauge?
  public var cacheUsage: Gauge?
  public var adapters: [Adapters] = []
  /// Bucket counts by the JSON name, for example `ttft-buckets-values`.
  public var histograms: [String: [Int]] = [:]
  public var successes: [String: Int] = [:]
  /// Counters by the JSON name, for example `total-prompt-tokens`.
  public var counters: [String: Int] = [:]
  /// The object as it was given, for `GET /admin/config`.
  let source: JSONValue

  static let histogramNames = [
    "ttft-buckets-values", "itl-buckets-values", "tpot-buckets-values", "req-tpot-buckets-values",
    "e2erl-buckets-values", "req-queue-time-buckets-values", "req-inf-time-buckets-values",
    "req-prefill-time-buckets-values", "req-decode-time-buckets-values", "request-prompt-tokens",
    "request-generation-tokens", "request-max-generation-tokens", "request-params-max-tokens",
  ]
  static let counterNames = [
    "total-prompt-tokens", "total-generation-tokens", "prefix-cache-hits", "prefix-cache-queries",
  ]

  /// Reads the JSON object of `--fake-metrics`; every name must be known and every value in its range.
  init(_ value: JSONValue, place: String) throws(OptionError) {
    guard let members = value.members else { throw OptionError("\(place): fake metrics must be a JSON object") }
    source = value
    for member in members {
      let here = "\(place): \(member.name)"
      switch member.name {
      case "running-requests": running = try FakeMetrics.gauge(member.value, upTo: .infinity, here)
      case "waiting-requests": waiting = try FakeMetrics.gauge(member.value, upTo: .infinity, here)
      case "kv-cache-usage": cacheUsage = try FakeMetrics.gauge(member.value, upTo: 1, here)
      case "loras":
        guard let elements = member.value.elements, elements.count <= 1024 else {
          throw OptionError("\(here) must be an array of at most 1024 objects")
        }
        adapters = elements.map {
          Adapters(
            running: $0["running"]?.string ?? "", waiting: $0["waiting"]?.string ?? "",
            timestamp: $0["timestamp"]?.number ?? 0)
        }
      case "request-success-total":
        guard let entries = member.value.members, entries.count <= 64 else {
          throw OptionError("\(here) must be an object of counts by finish reason")
        }
        for entry in entries { successes[entry.name] = try FakeMetrics.count(entry.value, "\(here).\(entry.name)") }
      case let name where FakeMetrics.counterNames.contains(name):
        counters[name] = try FakeMetrics.count(member.value, here)
      case let name where FakeMetrics.histogramNames.contains(name):
        guard let elements = member.value.elements else { throw OptionError("\(here) must be an array of counts") }
        var counts: [Int] = []
        for element in elements.prefix(64) { counts.append(try FakeMetrics.count(element, here)) }
        histograms[name] = counts
      default:
        let known =
          ["running-requests", "waiting-requests", "kv-cache-usage", "loras", "request-success-total"]
          + FakeMetrics.counterNames + FakeMetrics.histogramNames
        let hint = EditDistance.nearest(to: member.name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw OptionError("\(here) is not a known fake metric\(hint)")
      }
    }
  }

  init(json: String, place: String) throws(OptionError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: Array(json.utf8))
    } catch {
      throw OptionError("\(place): fake metrics are not valid JSON (\(error))")
    }
    try self.init(value, place: place)
  }

  private static func gauge(_ value: JSONValue, upTo limit: Double, _ place: String) throws(OptionError) -> Gauge {
    if let text = value.string {
      guard let function = MetricFunction(text) else {
        throw OptionError(
          "\(place): \"\(text)\" is not a function; write oscillate|ramp|rampreset|squarewave:start:end:period, such as ramp:0:10:30s"
        )
      }
      guard 0...limit ~= function.start, 0...limit ~= function.end else {
        throw OptionError("\(place): start and end must be between 0 and \(PrometheusText.number(limit))")
      }
      return .function(function)
    }
    guard let number = value.number, 0...limit ~= number else {
      throw OptionError("\(place) must be a number of 0 or more" + (limit == 1 ? " and at most 1" : ""))
    }
    return .constant(number)
  }

  private static func count(_ value: JSONValue, _ place: String) throws(OptionError) -> Int {
    guard let count = value.integer, 0...1_000_000_000_000 ~= count else {
      throw OptionError("\(place) must be an integer of 0 to 10^12")
    }
    return count
  }
}
