import ArgumentParser
import Balancing
import FleetSimulator
import Foundation

/// `switchyard replay`: what a strategy, or another number of replicas, would have done to requests of the past.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Replay a trace against simulated replicas in virtual time.",
    discussion: """
      The strategies are the gateway's own code, and see only what a router sees. A replica reads prompts one after the
      other at a given speed, and keeps blocks of 512 tokens in a cache of a given size, least recently used first out.

      Examples:
        switchyard replay --trace conversation.jsonl
        switchyard replay --trace azure.csv --policy least-ttft --policy prefix-cache:2,least-request:1 --replicas 4
        switchyard replay --trace access.log --policy least-ttft --replicas 6 --svg ttft.svg
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case mooncake, azure
    case accessLog = "access-log"
  }

  @Option(help: "The trace: Mooncake's JSON lines, Azure's CSV, or the gateway's own access log.") var trace: String
  @Option(help: "The trace's format; told from its first line when left out.") var format: Format?
  @Option(help: ArgumentHelp("Of an access log only the requests of this model.", valueName: "name")) var model: String?
  @Option(
    help: ArgumentHelp("A strategy, as in the header routing-strategy; may be given several times.", valueName: "name"))
  var policy: [String] = []
  @Option(help: "Replicas.") var replicas = 8
  @Option(help: "Blocks of 512 tokens that a replica's cache holds.") var cacheBlocks = 3_000
  @Option(help: "Uncached prompt tokens that a replica reads a second.") var tokensPerSecond = 7_000.0
  @Option(help: "Replay the first so many requests only.") var requests: Int?
  @Option(help: "Let requests arrive so many times faster.") var faster = 1.0
  @Option(help: "Seed of everything random.") var seed: UInt64 = 1
  @Option(help: ArgumentHelp("Draw the time to first token over time into this file.", valueName: "file")) var svg:
    String?

  /// What is compared when nothing is named.
  private static let usual: [StrategyKind] = [.leastTTFT, .sticky, .prefixCache, .leastRequest, .random]

  func validate() throws {
    guard (1...1_000).contains(replicas) else { throw ValidationError("--replicas is 1 to 1000, not \(replicas).") }
    guard (1...100_000_000).contains(cacheBlocks) else {
      throw ValidationError("--cache-blocks is 1 to 100000000, not \(cacheBlocks).")
    }
    guard tokensPerSecond.isFinite, tokensPerSecond > 0 else {
      throw ValidationError("--tokens-per-second is a number above 0, not \(tokensPerSecond).")
    }
    guard faster >= 1e-3, faster <= 1e6 else {
      throw ValidationError("--faster is a number from 0.001 to 1000000, not \(faster).")
    }
    if let requests, requests < 1 { throw ValidationError("--requests is at least 1, not \(requests).") }
  }

  func run() throws {
    let strategies = try policy.isEmpty ? Self.usual.map { RoutingStrategy($0) } : policy.map(Self.strategy)
    var trace = try read()
    guard !trace.requests.isEmpty else { throw CommandFailure("\(self.trace): there is no request in it") }
    if let requests { trace = trace.prefix(requests) }
    if faster != 1 { trace = trace.faster(by: faster) }
    var settings = FleetReplay.Settings()
    settings.replicas = replicas
    settings.cacheBlocks = cacheBlocks
    settings.tokensPerSecond = tokensPerSecond
    settings.seed = seed
    let replay = FleetReplay(trace: trace, settings: settings)
    let minutes = Double(trace.requests.last?.arrival ?? 0) / 60e9
    print(
      "\(trace.requests.count) requests in \(String(format: "%.1f", minutes)) min, \(replicas) replicas of "
        + "\(cacheBlocks) blocks and \(Int(tokensPerSecond)) tok/s, seed \(seed); times in seconds")
    if let share = trace.loggedCachedShare, requests == nil {
      print("when the log was written engines found \(String(format: "%.3f", share)) of the prompt tokens cached")
    }
    let showsProgress = isatty(2) == 1
    let results = try strategies.map { strategy in
      let result = try simulate(replay, strategy) { done, of in
        if showsProgress { Self.show("\r\(strategy): \(100 * done / max(1, of)) %  ") }
      }
      if showsProgress { Self.show("\r\u{1B}[K") }
      return result
    }
    print(ReplayTable.text(results))
    guard let svg else { return }
    do {
      try ReplayChart.svg(results, title: "Mean time to first token by minute: \(trace.name)")
        .write(toFile: svg, atomically: true, encoding: .utf8)
    } catch {
      throw CommandFailure("\(svg): cannot be written: \(error.localizedDescription)")
    }
    print("drawn into \(svg)")
  }

  private func simulate(
    _ replay: FleetReplay, _ strategy: RoutingStrategy, progress: (Int, Int) -> Void
  ) throws -> ReplayResult {
    do throws(PrefixIndex.NoMemory) {
      return try replay.run(strategy, progress: progress)
    } catch {
      throw CommandFailure("--replicas \(replicas) --cache-blocks \(cacheBlocks): \(error)")
    }
  }

  private static func show(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  private static func strategy(_ text: String) throws -> RoutingStrategy {
    do throws(RoutingStrategyError) {
      return try RoutingStrategy(parsing: text)
    } catch {
      throw CommandFailure("--policy \(text): \(error)")
    }
  }

  private func read() throws -> Trace {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: trace), options: .mappedIfSafe)
    } catch {
      throw CommandFailure("\(trace): cannot be read: \(error.localizedDescription)")
    }
    do {
      return try data.withUnsafeBytes { bytes in
        switch format ?? Self.format(of: bytes) {
        case .mooncake: try Trace(mooncake: bytes, file: trace)
        case .azure: try Trace(azure: bytes, file: trace)
        case .accessLog: try Trace(accessLog: bytes, file: trace, model: model)
        }
      }
    } catch let error as TraceError {
      throw CommandFailure("\(error)")
    }
  }

  /// JSON lines with `hash_ids` are Mooncake's, others the access log's; what is no JSON is Azure's.
  private static func format(of bytes: UnsafeRawBufferPointer) -> Format {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard line.first == UInt8(ascii: "{") else { return .azure }
    return String(decoding: line, as: UTF8.self).contains("\"hash_ids\"") ? .mooncake : .accessLog
  }
}
