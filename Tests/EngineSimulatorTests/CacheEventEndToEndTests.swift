import Dispatch
import EngineClient
import Synchronization
import Testing
import ZeroMQ

@testable import EngineSimulator

/// What the engine says it stored; the test's thread waits for it.
private final class StoredRecord: CacheEventSink {
  private let entries = Mutex<[StoredBlocks]>([])
  private let arrived = DispatchSemaphore(value: 0)

  func stored(replica: Int, blocks: StoredBlocks) {
    entries.withLock { $0.append(blocks) }
    arrived.signal()
  }

  func removed(replica: Int, hashes: [UInt64], medium: CacheMedium) {}
  func cleared(replica: Int, because reason: CacheClearing) {}

  var all: [StoredBlocks] { entries.withLock { $0 } }
  func waits(milliseconds: Int) -> Bool { arrived.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut }
}

@Suite("The simulated engine's events, heard by the router's subscriber", .serialized)
struct CacheEventEndToEndTests {
  /// A port that is free.
  private func freeEndpoint() throws -> String {
    let bound = try ZeroMQSocket(.router, context: try ZeroMQContext()).bind("tcp://127.0.0.1:*")
    return "tcp://127.0.0.1:\(bound.split(separator: ":").last ?? "")"
  }

  @Test(
    "a prompt's blocks are told in the order of the prompt, also to one who comes late",
    arguments: [[], ["--use-vllm-map-event-format"], ["--compat", "v0.5.0"]])
  func prompt(_ more: [String]) throws {
    let isOld = more.contains("v0.5.0")
    let (publisher, replay) = (try freeEndpoint(), try freeEndpoint())
    let arguments =
      [
        "--model", "demo", "--seed", "7", "--port", "8000", "--max-model-len", "4096", "--enable-kvcache",
        "--block-size", "8", "--event-batch-size", "1", "--zmq-endpoint", publisher.replacing("127.0.0.1", with: "*"),
      ] + (isOld ? [] : ["--kv-events-replay-endpoint", replay]) + more
    let engine = try TestEngine(arguments: arguments)
    let events = try CacheEventPublisher(
      engine.engine.options, identity: engine.engine.identity, port: 8000, rank: 0, eventLoop: engine.loop,
      wallClock: { 1_700_000_000 })
    engine.engine.events = events
    events.start()
    let words = (0..<32).map { "w\($0)" }.joined(separator: " ")
    func ask(_ prompt: String) throws {
      let answer = try engine.send(
        .POST, "/v1/completions", #"{"model":"demo","prompt":"\#(prompt)","max_tokens":1}"#, milliseconds: 20)
      #expect(answer.status == 200, "\(answer.body)")
    }
    // Nobody listens yet: the latest generation replays it, of v0.5.0 it is not heard of.
    try ask(words)
    let record = StoredRecord()
    let subscriber = CacheEventSubscriber(sink: record)
    subscriber.listen(to: [
      CacheEventSubscriber.Source(
        .connect(publisher), publisher: .replica(7), replayEndpoints: isOld ? [:] : [7: replay])
    ])
    try subscriber.start()
    defer { subscriber.stop() }
    var round = 0
    while record.waits(milliseconds: 10), round < 300 {
      round += 1
      try ask("\(round) \(words)")
      engine.advance(milliseconds: 20)
    }
    events.stop()
    let blocks = try #require(record.all.first)
    let compatibility: CompatibilityLevel = isOld ? .v050 : .latest
    func chain(_ prompt: String) -> [UInt64] {
      BlockHashes.chain(
        root: BlockHashes.root(seed: "", model: "demo", compatibility: compatibility),
        tokens: DummyTokenizer.identifiers(Array(prompt.utf8)), blockSize: 8, compatibility: compatibility)
    }
    if isOld {
      #expect(blocks.hashes.count == 1 && blocks.tokens.isEmpty)
      #expect((1...round).contains { chain("\($0) \(words)").contains(blocks.hashes[0]) })
    } else {
      #expect(blocks.hashes == chain(words))
      #expect(blocks.parent == nil && blocks.blockSize == 8)
      #expect(blocks.tokens == DummyTokenizer.identifiers(Array(words.utf8)))
    }
    #expect(subscriber.statistics.badMessages == 0)
  }
}
