// Times choices, prefix lookups and hashing, fills an index of ten million blocks, and replays traces.
//   swift run -c release bench-balancing [--choices | --residency | --replays] [--traces FOLDER] [--svg FILE]
// Figures of time are CPU time, the lowest mean of the rounds. Without --traces only the synthetic mix is replayed. --choices
// does nothing but choose, --residency nothing but look up blocks of tokens.
import Balancing
import Fleet
import FleetSimulator
import Foundation
import Seeded

/// CPU time of this thread in nanoseconds: other processes' work does not count.
func cpuTime() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
// Used from the one thread of this program.
nonisolated(unsafe) var sink = 0

/// Prints a line at once, also into a file.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// The lowest mean of the rounds, in microseconds.
func best(rounds: Int = 20, of count: Int, _ work: () -> Void) -> Double {
  var best = Double.infinity
  for _ in 0..<rounds {
    let start = cpuTime()
    for _ in 0..<count { work() }
    best = min(best, Double(cpuTime() - start) / Double(count) / 1000)
  }
  return best
}

func residentMegabytes() -> Double {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return .nan }
  return (Double(text.split(separator: " ")[1]) ?? .nan) * 4096 / 1e6
}

func placements(_ count: Int, first: Int = 0) -> [Placement] {
  (0..<count).map { id in
    Placement(
      replica: Replica(id: first + id, name: "replica-\(id)", host: "10.0.\(id / 256).\(id % 256)", port: 8000),
      upstreamModel: "m")
  }
}

func blocks(_ count: Int, _ generator: inout SeededGenerator) -> ContiguousArray<UInt64> {
  ContiguousArray((0..<count).map { _ in generator.next() })
}

/// A prompt of 12 000 tokens: 48 000 bytes.
let promptBytes = 48_000

func timeChoices() throws {
  var random = SeededGenerator(seed: 1)
  for count in [2, 8, 1_000] {
    let placements = placements(count)
    let index = try PrefixIndex()
    index.adopt(placements.map(\.replica))
    let balancer = ModelBalancer(index: index)
    var matches = PrefixMatches(index: index)
    let prompt = blocks(promptBytes / PromptBlocks.blockBytes, &random)
    for placement in placements.prefix(4) {
      prompt.withUnsafeBufferPointer { index.insert($0, slot: placement.replica.prefixSlot) }
    }
    var metrics = EngineMetrics()
    metrics.scrapedAt = 1
    metrics.kvCacheUsage = 0.5
    metrics.waitingRequests = 0
    for placement in placements { balancer.scraped(metrics, of: placement.replica) }
    for (name, label) in [
      ("least-request", "_least_request"), ("least-ttft", ""), ("least-kv-cache", "_least_kv_cache"),
    ] {
      guard let strategy = try? RoutingStrategy(parsing: name) else { continue }
      prompt.withUnsafeBufferPointer { prompt in
        index.match(prompt, into: &matches)
        let request = balancer.request(blocks: prompt, promptBytes: promptBytes, now: 1_000)
        let time = timeChoice(among: placements, for: request, by: strategy, balancer, matches, &random)
        say("figure choose_\(count)\(label)_us \(time) us")
      }
    }
    timeBusyChoice(.busy, among: placements, balancer, &random)
    timeBusyChoice(.reading, among: placements, balancer, &random)
    let time = best(of: count > 100 ? 500 : 20_000) {
      if let chosen = ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), now: 1, random: &random).index {
        sink &+= chosen
        placements[chosen].replica.load.end()
      }
    }
    say("figure choose_\(count)_by_requests_only_us \(time) us")
    timeBusyChoice(.special, among: placements, balancer, &random)
  }
}

/// Microseconds of a choice and of the end of the request that was counted with it.
func timeChoice(
  among placements: [Placement], for request: BalancingRequest, by strategy: RoutingStrategy, _ balancer: ModelBalancer,
  _ matches: PrefixMatches, _ random: inout SeededGenerator
) -> Double {
  best(of: placements.count > 100 ? 500 : 20_000) {
    let choice = ReplicaPicker.pick(
      among: placements, for: request, by: strategy, excluding: ReplicaSet(), matches: matches, random: &random)
    guard let chosen = choice.index else { return }
    sink &+= chosen
    var ticket = choice.ticket
    placements[chosen].replica.load.end()
    balancer.ended(&ticket, on: placements[chosen].replica, facts: AnswerFacts(), promptBytes: promptBytes, now: 1_000)
  }
}

/// What all replicas have to do. None of them has any of the prompt.
enum BusyFleet: String {
  /// 1 to 20 requests decode on each, and up to two are read.
  case busy
  /// One to three are read on each, and none decodes: what it costs is all in its queue.
  case reading
  /// Moreover each costs what its own answers taught, its engine tells of others' requests, and it comes back from an ejection.
  case special
}

/// The default's choice where no replica is idle.
func timeBusyChoice(
  _ fleet: BusyFleet, among placements: [Placement], _ balancer: ModelBalancer, _ random: inout SeededGenerator
) {
  let now: UInt64 = 100_000_000_000
  for placement in placements {
    let load = placement.replica.load
    if fleet == .busy {
      for inFlight in 0..<Int.random(in: 1...20, using: &random) { _ = load.begin(ifInFlight: inFlight) }
    }
    for _ in 0..<Int.random(in: fleet == .busy ? 0...2 : 1...3, using: &random) {
      _ = load.begin(ifStill: load.state, work: 16_000)
    }
    if fleet == .special { makeSpecial(placement.replica, balancer, now: now) }
    placement.replica.estimates.prefillBegan(now: now - UInt64.random(in: 0...900_000_000, using: &random))
  }
  let none = UnsafeBufferPointer<UInt64>(start: nil, count: 0)
  let request = balancer.request(blocks: none, promptBytes: promptBytes, now: now)
  var matches = PrefixMatches(index: balancer.index)
  matches.begin()
  let time = timeChoice(among: placements, for: request, by: RoutingStrategy(.standard), balancer, matches, &random)
  say("figure choose_\(placements.count)_\(fleet)_us \(time) us")
  for placement in placements {
    let load = placement.replica.load
    for _ in 0..<load.state.prefilling { load.prefillEnded(work: 16_000) }
    for _ in 0..<load.inFlight { load.end() }
  }
}

/// Four times as slow as its model's others are taken for, asked by others too, and ejected not long ago.
func makeSpecial(_ replica: Replica, _ balancer: ModelBalancer, now: UInt64) {
  let second: UInt64 = 1_000_000_000
  for sample in 1...20 as ClosedRange<UInt64> {
    let began = now - (21 - sample) * second
    let ended = began + 500_000_000 + UInt64(replica.id % 100) * 1_000_000
    replica.estimates.prefillBegan(now: began)
    _ = replica.estimates.firstToken(tokens: 1_000, expectedSeconds: 0.125, left: ReplicaLoad().state, now: ended)
    replica.estimates.sampled(model: .assumed, now: ended)
  }
  var metrics = EngineMetrics()
  metrics.scrapedAt = now - second
  metrics.waitingRequests = 5
  balancer.scraped(metrics, of: replica)
  replica.health.handle(.foundOutlier(reason: "benchmark"), now: now - 15 * second)
}

/// What a selector of three parts takes of a thousand replicas: of ten kinds, or each with labels of its own.
func timeFilters() throws {
  let selector = try LabelSelector(parsing: "tier=gold,zone in (a,b),!draining")
  for (label, kinds) in [("", 10), ("_unlike", 1_000)] {
    let labels = (0..<kinds).map {
      ReplicaLabels(["tier": $0 % 2 == 0 ? "gold" : "silver", "zone": ["a", "b", "c"][$0 % 3], "pod": "pod-\($0)"])
    }
    let placements = placements(1_000).enumerated().map { index, placement in
      Placement(replica: placement.replica, upstreamModel: "m", labels: labels[index % kinds])
    }
    let model = FleetModel(name: "m", placements: placements)
    let time = best(of: 200) { sink &+= selector.filter(placements).count }
    say("figure filter_1000\(label)_first_us \(time) us")
    let again = best(of: 20_000) { sink &+= model.placements(for: nil, taking: selector).count }
    say("figure filter_1000\(label)_us \(again) us")
  }
}

func timePrefixes() throws {
  var random = SeededGenerator(seed: 2)
  var text = [UInt8]((0..<promptBytes).map { _ in UInt8.random(in: 32...126, using: &random) })
  text[0] = 65
  var prompt = PromptBlocks()
  let hashing = text.withUnsafeBytes { bytes in
    best(of: 500) {
      prompt.begin(seed: 7)
      prompt.append(.user, bytes)
      sink &+= prompt.hashes.count
    }
  }
  say("figure hash_12k_us \(hashing) us")
  say("figure hash_gb_per_s \(Double(promptBytes) / hashing / 1000) GB/s")

  let before = residentMegabytes()
  let replicas = placements(1_000)
  let index = try PrefixIndex(maximumBlocks: 10_000_000, maximumReplicas: 1_024)
  index.adopt(replicas.map(\.replica))
  for replica in replicas { index.setCapacity(10_000, slot: replica.replica.prefixSlot) }
  let start = cpuTime()
  for replica in replicas {
    for _ in 0..<100 {
      blocks(100, &random).withUnsafeBufferPointer { index.insert($0, slot: replica.replica.prefixSlot) }
    }
  }
  let seconds = Double(cpuTime() - start) / 1e9
  say("figure index_10m_resident_mb \(residentMegabytes() - before) MB")
  say("figure index_10m_table_mb \(Double(index.tableBytes) / 1e6) MB")
  say("figure index_10m_bytes_per_block \((residentMegabytes() - before) / 10) B")
  say("figure index_insert_us_per_block \(seconds * 1e6 / 10_000_000) us")
  var matches = PrefixMatches(index: index)
  // A different prompt each time, each held by four replicas, so that the caches are cold.
  let prompts = (0..<512).map { _ in blocks(promptBytes / PromptBlocks.blockBytes, &random) }
  for (number, prompt) in prompts.enumerated() {
    for replica in 0..<4 {
      prompt.withUnsafeBufferPointer {
        index.insert($0, slot: replicas[(number * 7 + replica * 31) % 1_000].replica.prefixSlot)
      }
    }
  }
  var found = 0
  for prompt in prompts {
    prompt.withUnsafeBufferPointer { index.match($0, into: &matches) }
    if matches.longest == prompt.count { found += 1 }
  }
  say("figure prefix_found_whole_of_512 \(found) prompts")
  var next = 0
  let lookup = best(of: 2_048) {
    prompts[next % prompts.count].withUnsafeBufferPointer { index.match($0, into: &matches) }
    sink &+= matches.longest
    next += 1
  }
  say("figure prefix_lookup_12k_us \(lookup) us")
}

/// Eight replicas hold a million blocks of 16 tokens, among them 64 prompts of 12 000 tokens that each of them has, and as many
/// that one has.
func timeResidency() throws {
  var random = SeededGenerator(seed: 4)
  let placements = placements(8)
  let prefixes = try PrefixIndex(maximumBlocks: 1_000)
  prefixes.adopt(placements.map(\.replica))
  let before = residentMegabytes()
  let index = try TokenBlockIndex(maximumBlocks: 1_000_000, maximumReplicas: 4_096)
  index.follow(placements.map(\.replica))
  func tokens(_ count: Int) -> [UInt32] { (0..<count).map { _ in UInt32.random(in: 0..<128_000, using: &random) } }
  func store(_ tokens: [UInt32], on replica: Int) {
    let hashes = (0..<tokens.count / 16).map { _ in random.next() }
    index.stored(replica: replica, hashes: hashes, tokens: tokens, blockSize: 16)
  }
  let shared = (0..<64).map { _ in tokens(12_000) }
  let lone = (0..<64).map { _ in tokens(12_000) }
  let start = cpuTime()
  for replica in 0..<8 {
    for _ in 0..<96 { store(tokens(12_000), on: replica) }
    for prompt in shared { store(prompt, on: replica) }
  }
  for prompt in lone { store(prompt, on: 0) }
  let told = placements.reduce(0) { $0 + (index.blocks(of: $1.replica) ?? 0) }
  say("figure residency_store_us_per_block \(Double(cpuTime() - start) / 1e3 / Double(8 * 160 * 750 + 64 * 750)) us")
  say("figure residency_blocks \(told) blocks")
  say("figure residency_bytes_per_block \((residentMegabytes() - before) * 1e6 / Double(told)) B")
  var matches = TokenMatches(index: index)
  var next = 0
  let hashing = best(of: 500) {
    sink &+= index.chains(of: shared[next % 64], adapter: nil).tokenCount
    next += 1
  }
  say("figure residency_hash_12k_us \(hashing) us")
  for (name, prompts) in [("8_of_8", shared), ("1_of_8", lone)] {
    let chains = prompts.map { index.chains(of: $0, adapter: nil) }
    var found = 0
    let lookup = best(of: 2_048) {
      index.match(chains[next % 64], weights: TierWeights(), into: &matches)
      if matches.tokens(slot: placements[0].replica.prefixSlot) == 12_000 { found += 1 }
      next += 1
    }
    sink &+= found
    precondition(found > 0, "nothing was found")
    say("figure residency_lookup_12k_\(name)_us \(lookup) us")
  }
}

func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

func replay(_ title: String, _ trace: Trace, _ settings: FleetReplay.Settings, _ names: [String]) throws
  -> [ReplayResult]
{
  say("\n\(title): \(trace.requests.count) requests")
  var results: [ReplayResult] = []
  for name in names {
    results.append(try FleetReplay(trace: trace, settings: settings).run(try RoutingStrategy(parsing: name)))
  }
  say(ReplayTable.text(results))
  return results
}

func run() throws {
  let arguments = CommandLine.arguments
  func option(_ name: String) -> String? {
    arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
  }
  if !arguments.contains("--replays") {
    try timeResidency()
    if arguments.contains("--residency") { return }
    try timeChoices()
    try timeFilters()
    if arguments.contains("--choices") { return }
    try timePrefixes()
  }
  let names = StrategyKind.allCases.map(\.rawValue) + ["prefix-cache:2,least-request:1"]
  var random = SeededGenerator(seed: 3)
  if let folder = option("--traces") {
    let bytes = try read("\(folder)/mooncake_conversation.jsonl")
    let mooncake = try bytes.withUnsafeBytes { try Trace(mooncake: $0, file: "mooncake_conversation.jsonl") }
    let standard = RoutingStrategy(.standard)
    let short = try FleetReplay(trace: mooncake.prefix(4_000)).run(standard)
    say("figure replay_ttft_s_4000 \(short.meanTimeToFirstToken) s")
    say("figure replay_hit_4000 \(short.blockHit) share")
    let start = cpuTime()
    let long = try FleetReplay(trace: mooncake).run(standard)
    say("figure replay_all_s \(Double(cpuTime() - start) / 1e9) s")
    say("figure replay_ttft_s_all \(long.meanTimeToFirstToken) s")
    say("figure replay_hit_all \(long.blockHit) share")
    if let cost = long.learntCost {
      say("learnt: \(cost.tokensPerSecond) tokens/s and \(cost.fixedSeconds) s; the replica has 7000 and 0.03")
    }
    _ = try replay("Mooncake, first 4 000", mooncake.prefix(4_000), .init(), names)
    let all = try replay("Mooncake, all", mooncake, .init(), names)
    var blind = FleetReplay.Settings()
    blind.tellsCacheSize = false
    _ = try replay("Mooncake, all, cache size not told", mooncake, blind, ["least-ttft", "sticky"])
    blind.tellsCachedTokens = false
    blind.scrapes = false
    _ = try replay("Mooncake, all, no metrics and no cached tokens", mooncake, blind, ["least-ttft", "sticky"])
    var mixed = FleetReplay.Settings()
    mixed.speeds = [1, 1, 1, 1, 1, 1, 0.5, 0.5]
    _ = try replay(
      "Mooncake, all, two of eight replicas at half speed", mooncake, mixed,
      ["least-ttft", "sticky", "least-request", "prefix-cache"])
    let azureBytes = try read("\(folder)/azure_llm_2023_code.csv")
    let azure = try azureBytes.withUnsafeBytes { try Trace(azure: $0, file: "azure_llm_2023_code.csv") }
    var four = FleetReplay.Settings()
    four.replicas = 4
    _ = try replay("Azure code, 4 replicas", azure, four, names)
    if let file = option("--svg") {
      let shown = ["least-ttft", "sticky", "prefix-cache", "least-request", "random", "session-affinity"]
      let svg = ReplayChart.svg(
        shown.compactMap { name in all.first { $0.strategy == name } },
        title: "Mooncake conversation trace, 8 replicas: mean time to first token by minute")
      try Data(svg.utf8).write(to: URL(fileURLWithPath: file))
    }
  }
  let synthetic = Trace.synthetic(count: 8_000, rate: 5, random: &random)
  _ = try replay("Synthetic mix, seed 3", synthetic, .init(), names)
  if sink == 42 { say("") }
}

try run()
