import Fleet

/// What one metrics page says, in our terms: levels, counts and distributions since the engine's start.
///
/// Reading is pure and bounded: pages of up to 8 MiB and 500,000 lines, lines of up to 64 KiB, 128 bounds a histogram,
/// 256 adapters with names of up to 256 bytes. What a page does not have is unknown. Levels below zero and values that are
/// no finite number are unknown too.
public struct EngineScrape: Sendable, Equatable {
  /// A count and the row of the dialect that it came from: counts of two rows cannot be compared.
  struct Count: Sendable, Equatable {
    var rank: Int
    var value: Double
  }

  /// A distribution and the row of the dialect that it came from.
  struct Distribution: Sendable, Equatable {
    var rank: Int
    var value: CumulativeHistogram
  }

  /// By ``EngineGauge``, ``EngineCounter`` and ``EngineHistogram``.
  private(set) var gauges: [Double?]
  private(set) var counters: [Count?]
  private(set) var histograms: [Distribution?]
  /// nil when the engine does not tell.
  public private(set) var adapters: AdapterActivity?
  /// Samples that the dialect knows.
  public private(set) var knownSamples = 0
  /// Of them, those whose names other dialects do not share.
  private(set) var ownSamples = 0
  /// Lines that could not be read.
  public private(set) var skippedLines = 0
  /// Whether the page was longer than the limits, so that its end was not read.
  public private(set) var isTruncated = false

  subscript(gauge: EngineGauge) -> Double? { gauges[gauge.rawValue] }
  subscript(counter: EngineCounter) -> Count? { counters[counter.rawValue] }
  subscript(histogram: EngineHistogram) -> Distribution? { histograms[histogram.rawValue] }

  /// Reads a page.
  public init(_ page: [UInt8], dialect: EngineDialect) {
    self = page.withUnsafeBytes { EngineScrape($0, dialect: dialect) }
  }

  /// Reads a page; the bytes are not kept.
  init(_ page: UnsafeRawBufferPointer, dialect: EngineDialect) {
    gauges = Array(repeating: nil, count: EngineGauge.allCases.count)
    counters = Array(repeating: nil, count: EngineCounter.allCases.count)
    histograms = Array(repeating: nil, count: EngineHistogram.allCases.count)
    var reader = ExpositionReader(page)
    var levels = Levels()
    var entry: MetricNameTable.Entry?
    var adaptersChanged = -Double.infinity
    while reader.advance() {
      if !reader.repeatsName { entry = dialect.lookup.entry(reader.name) }
      guard let entry, let (labels, value) = reader.sample() else { continue }
      knownSamples += 1
      if entry.rank < dialect.ownRows { ownSamples += 1 }
      switch entry.meaning {
      case .gauges(let targets):
        for target in targets { levels.add(value, to: target, rank: entry.rank) }
      case .counter(let counter): add(value, to: counter, rank: entry.rank)
      case .histogram(let histogram): add(value, labels, to: histogram, entry: entry)
      case .sleepState: levels.add(Self.sleepLevel(labels, value), to: .sleepState, rank: entry.rank)
      case .cacheConfiguration:
        if let blocks = labels.number("num_gpu_blocks") { levels.add(blocks, to: .cacheBlocks, rank: entry.rank) }
        if let size = labels.number("block_size") { levels.add(size, to: .cacheBlockTokens, rank: entry.rank) }
      case .adapters:
        if let most = labels.number("max_lora") { levels.add(most, to: .maxAdapters, rank: entry.rank) }
        if value >= adaptersChanged {
          adaptersChanged = value
          adapters = AdapterActivity(
            running: Self.names(labels.text("running_lora_adapters")),
            waiting: Self.names(labels.text("waiting_lora_adapters")))
        }
      }
    }
    for gauge in EngineGauge.allCases { gauges[gauge.rawValue] = levels.value(gauge) }
    for place in histograms.indices { histograms[place]?.value.finish() }
    skippedLines = reader.skippedLines
    isTruncated = reader.isTruncated
  }

  private mutating func add(_ value: Double, to counter: EngineCounter, rank: Int) {
    guard value.isFinite, value >= 0 else { return }
    switch counters[counter.rawValue] {
    case let known? where known.rank < rank: return
    case let known? where known.rank == rank: counters[counter.rawValue] = Count(rank: rank, value: known.value + value)
    default: counters[counter.rawValue] = Count(rank: rank, value: value)
    }
  }

  private mutating func add(
    _ value: Double, _ labels: LabelText, to histogram: EngineHistogram, entry: MetricNameTable.Entry
  ) {
    guard value.isFinite, value >= 0 else { return }
    let place = histogram.rawValue
    let known = histograms[place]?.rank ?? .max
    guard entry.rank <= known else { return }
    if entry.rank < known {
      histograms[place] = Distribution(rank: entry.rank, value: CumulativeHistogram())
    }
    switch entry.part {
    case .bucket:
      if let bound = labels.number("le") { histograms[place]?.value.addBucket(upTo: bound, count: value) }
    case .sum: histograms[place]?.value.add(sum: value)
    case .count: histograms[place]?.value.add(total: value)
    case .value: break
    }
  }

  /// The level that a series speaks of, if it is the current one: 0 awake, 1 weights offloaded, 2 everything discarded.
  private static func sleepLevel(_ labels: LabelText, _ value: Double) -> Double {
    guard let state = labels.text("sleep_state") else { return value }
    guard value > 0 else { return .nan }
    return switch state {
    case "awake": 0
    case "weights_offloaded": 1
    case "discard_all": 2
    default: .nan
    }
  }

  private static func names(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").prefix(AdapterActivity.limit).compactMap { part in
      let name = part.drop { $0 == " " }
      return (1...256).contains(name.utf8.count) ? String(name) : nil
    }
  }

  /// Levels as they come in: what the series of each add up to, and how many there were.
  private struct Levels {
    private var sums = [Double](repeating: 0, count: EngineGauge.allCases.count)
    private var counts = [Int](repeating: 0, count: EngineGauge.allCases.count)
    private var ranks = [Int](repeating: .max, count: EngineGauge.allCases.count)

    mutating func add(_ value: Double, to gauge: EngineGauge, rank: Int) {
      let place = gauge.rawValue
      guard value.isFinite, value >= 0, rank <= ranks[place] else { return }
      if rank < ranks[place] { (sums[place], counts[place], ranks[place]) = (0, 0, rank) }
      sums[place] = gauge.combination == .maximum ? max(sums[place], value) : sums[place] + value
      counts[place] += 1
    }

    func value(_ gauge: EngineGauge) -> Double? {
      let place = gauge.rawValue
      guard counts[place] > 0 else { return nil }
      return gauge.combination == .mean ? sums[place] / Double(counts[place]) : sums[place]
    }
  }
}
