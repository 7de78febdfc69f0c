import MessagePack
import Synchronization
import Testing
import ZeroMQ

@testable import EngineClient

/// What a sink was told, as it comes.
private final class EventRecord: CacheEventSink {
  enum Entry: Sendable, Equatable {
    case stored(Int, [UInt64])
    case removed(Int, [UInt64])
    case cleared(Int)
  }

  let entries: AsyncStream<Entry>
  private let continuation: AsyncStream<Entry>.Continuation
  private let count = Mutex(0)
  var hasEntries: Bool { count.withLock { $0 > 0 } }

  init() { (entries, continuation) = AsyncStream.makeStream(of: Entry.self) }

  func stored(replica: Int, blocks: StoredBlocks) {
    continuation.yield(.stored(replica, blocks.hashes))
    count.withLock { $0 += 1 }
  }

  func removed(replica: Int, hashes: [UInt64], medium: CacheMedium) { continuation.yield(.removed(replica, hashes)) }
  func cleared(replica: Int, because reason: CacheClearing) { continuation.yield(.cleared(replica)) }

  /// The next so many entries.
  func next(_ count: Int) async -> [Entry] {
    var entries: [Entry] = []
    for await entry in self.entries {
      entries.append(entry)
      if entries.count == count { break }
    }
    return entries
  }
}

@Suite("KV events over ZeroMQ", .serialized)
struct CacheEventSubscriberTests {
  private func payload(_ number: UInt64, removes: Bool = false) -> [UInt8] {
    var writer = MessagePackWriter()
    writer.array(2)
    writer.number(Double(number))
    writer.array(1)
    writer.array(2)
    writer.text(removes ? "BlockRemoved" : "BlockStored")
    writer.array(1)
    writer.unsigned(number)
    return writer.bytes
  }

  private func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
  }

  @Test("events come over loopback, a gap is replayed, and each replica is told apart")
  func loopback() async throws {
    let record = EventRecord()
    let subscriber = CacheEventSubscriber(sink: record)
    let context = try ZeroMQContext()
    let router = try ZeroMQSocket(.router, context: context)
    let replay = try router.bind("tcp://127.0.0.1:*")
    let probe = try ZeroMQSocket(.publisher, context: context)
    let place = try probe.bind("tcp://127.0.0.1:*")
    subscriber.listen(to: [
      CacheEventSubscriber.Source(.connect(place), publisher: .topics(["a": 1, "b": 2]), replayEndpoints: [1: replay])
    ])
    try subscriber.start()
    defer { subscriber.stop() }

    // A subscriber that is not connected yet hears nothing: the greeting goes out until it is heard.
    while !record.hasEntries {
      try probe.send([Array("b".utf8), bytes(0), payload(0)])
      await Task.yield()
    }
    #expect(await record.next(1) == [.stored(2, [0])])

    try probe.send([Array("other".utf8), bytes(0), payload(0)])
    try probe.send([Array("a".utf8), bytes(0), payload(0)])
    try probe.send([Array("a".utf8), bytes(1), payload(1, removes: true)])
    #expect(await record.next(2) == [.stored(1, [0]), .removed(1, [1])])

    // Messages 2 and 3 are lost.
    try probe.send([Array("a".utf8), bytes(4), payload(4)])
    while !(try ZeroMQSocket.poll([router], milliseconds: 50)[0]) { await Task.yield() }
    let request = try #require(try router.receive())
    #expect(request.count == 3 && request[1].isEmpty && request[2] == bytes(1))
    for number in 1...4 as ClosedRange<UInt64> {
      // vLLM's form of a replay has no topic, others have one.
      let frames = [request[0], []] + (number == 3 ? [Array("a".utf8)] : []) + [bytes(number), payload(number)]
      try router.send(frames)
    }
    try router.send([request[0], [], bytes(.max), []])
    #expect(await record.next(3) == [.stored(1, [2]), .stored(1, [3]), .stored(1, [4])])

    // The engine begins anew.
    try probe.send([Array("a".utf8), bytes(0), payload(100)])
    #expect(await record.next(2) == [.cleared(1), .stored(1, [100])])

    subscriber.listen(to: [])
    #expect(Set(await record.next(2).map { "\($0)" }) == ["cleared(1)", "cleared(2)"])
    let statistics = subscriber.statistics
    #expect(statistics.replays == 1 && statistics.restarts == 1 && statistics.losses == 0)
  }
}
