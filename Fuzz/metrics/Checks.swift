import EngineClient
import Fleet
import FuzzCommand

/// What must hold of a page, whatever its bytes.
enum Checks {
  static func check(_ page: [UInt8], _ tally: inout Tally) throws {
    let recognised = EngineDialect.recognise(page)
    if recognised != nil { tally.recognised += 1 }
    for dialect in EngineDialect.all {
      let scrape = EngineScrape(page, dialect: dialect)
      tally.samples += scrape.knownSamples
      if dialect.name == recognised?.name {
        if scrape.skippedLines > 0 { tally.broken += 1 }
        guard !scrape.isTruncated else { throw Broken("64 KiB are more than the limits") }
        try checkLines(page, dialect, scrape)
        try checkTwice(page, dialect, scrape)
      }
      try checkPublished(scrape)
    }
  }

  /// Line ends of the other kind, blank lines and comments change nothing.
  private static func checkLines(_ page: [UInt8], _ dialect: EngineDialect, _ scrape: EngineScrape) throws {
    var other: [UInt8] = []
    var last: UInt8 = 0
    for byte in page {
      if byte == 0x0A, last != 0x0D { other.append(0x0D) }
      other.append(byte)
      if byte == 0x0A { other += Array("# TYPE x gauge\n \n".utf8) }
      last = byte
    }
    guard EngineScrape(other, dialect: dialect) == scrape else { throw Broken("comments and CRLF change the page") }
    guard EngineDialect.recognise(other)?.name == dialect.name else { throw Broken("comments change the dialect") }
  }

  /// Two scrapes of the same engine show no restart; the second of a page that stands twice neither.
  private static func checkTwice(_ page: [UInt8], _ dialect: EngineDialect, _ scrape: EngineScrape) throws {
    var window = MetricsWindow()
    window.add(scrape, at: 1_000_000_000)
    let again = window.add(scrape, at: 2_000_000_000)
    guard again == .unmoved else {
      throw Broken("the same page twice is a change: \(again)")
    }
    let twice = EngineScrape(page + [0x0A] + page, dialect: dialect)
    guard twice.knownSamples >= scrape.knownSamples else { throw Broken("a longer page has fewer samples") }
    guard window.add(twice, at: 3_000_000_000) != .restarted else {
      throw Broken("a page that stands twice is a restart")
    }
    try checkNumbers(window.metrics(now: 3_000_000_000))
  }

  private static func checkPublished(_ scrape: EngineScrape) throws {
    var window = MetricsWindow()
    window.add(scrape, at: 1)
    try checkNumbers(window.metrics(now: 1))
    let adapters = window.adapters ?? AdapterActivity()
    guard adapters.running.count <= AdapterActivity.limit, adapters.waiting.count <= AdapterActivity.limit else {
      throw Broken("too many adapters")
    }
  }

  private static func checkNumbers(_ metrics: EngineMetrics) throws {
    let published = ReplicaMetrics()
    published.publish(metrics, adapters: nil)
    guard published.snapshot == metrics else { throw Broken("the snapshot is not what was published") }
    for metric in EngineMetric.allCases {
      guard let value = published[metric] else { continue }
      guard value.isFinite, value >= 0 else { throw Broken("\(metric) is \(value)") }
    }
  }

  /// A number is read as the standard library reads it.
  static func checkNumber(_ text: String) throws {
    let scrape = EngineScrape(Array("vllm:num_requests_running \(text)\n".utf8), dialect: .vllm)
    var window = MetricsWindow()
    window.add(scrape, at: 1)
    let value = window.metrics(now: 1).runningRequests
    // What only we read, such as `5.`, is not compared.
    guard let expected = Double(text) else { return }
    let isLevel = expected.isFinite && expected >= 0
    let isLongExponent = text.lowercased().split(separator: "e").dropFirst().first.map { $0.count > 4 } ?? false
    guard isLongExponent || value == (isLevel ? expected : nil) else {
      throw Broken("\(text) is read as \(value.map { "\($0)" } ?? "nothing")")
    }
  }
}
