import Testing

@testable import EngineClient

@Suite("The order of KV events")
struct CacheEventStreamTests {
  /// A batch that stores a block of the number's name, its time stamp 100 later.
  private func batch(_ number: UInt64, life: Double = 0) -> CacheEventBatch {
    CacheEventBatch(timestamp: 100 + Double(number) + life * 1_000, events: [.stored(StoredBlocks(hashes: [number]))])
  }

  private func stream(upTo last: UInt64) -> CacheEventStream {
    var stream = CacheEventStream()
    for number in 0...last { #expect(stream.received(number, batch(number)) == [.apply(batch(number))]) }
    return stream
  }

  @Test("events in order are applied")
  func order() {
    let stream = stream(upTo: 9)
    #expect(!stream.isReplaying)
  }

  @Test("who comes late has everything replayed")
  func late() {
    var stream = CacheEventStream()
    #expect(stream.received(5, batch(5)) == [.replay(from: 0)])
    #expect(stream.received(6, batch(6)) == [])
    #expect(stream.replayed(2, batch(2)) == [.clear(.joinedLate), .apply(batch(2))])
    for number in 3...5 as ClosedRange<UInt64> {
      #expect(stream.replayed(number, batch(number)) == [.apply(batch(number))])
    }
    #expect(stream.replayEnded() == [.apply(batch(6))])
    #expect(stream.received(7, batch(7)) == [.apply(batch(7))])
  }

  @Test("who comes late and has everything from the first event on has missed nothing")
  func lateAndWhole() {
    var stream = CacheEventStream()
    #expect(stream.received(2, batch(2)) == [.replay(from: 0)])
    for number in 0...1 as ClosedRange<UInt64> {
      #expect(stream.replayed(number, batch(number)) == [.apply(batch(number))])
    }
    #expect(stream.replayEnded() == [.apply(batch(2))])
  }

  @Test("who comes late to an engine without replay begins with what there is")
  func lateWithoutReplay() {
    var stream = CacheEventStream()
    #expect(stream.received(5, batch(5)) == [.replay(from: 0)])
    #expect(stream.replayEnded() == [.clear(.joinedLate), .apply(batch(5))])
    #expect(stream.received(6, batch(6)) == [.apply(batch(6))])
  }

  @Test("a gap is replayed, and what comes twice is dropped")
  func gap() {
    var stream = stream(upTo: 2)
    #expect(stream.received(6, batch(6)) == [.replay(from: 2)])
    #expect(stream.received(7, batch(7)) == [])
    #expect(stream.replayed(2, batch(2)) == [])
    for number in 3...6 as ClosedRange<UInt64> {
      #expect(stream.replayed(number, batch(number)) == [.apply(batch(number))])
    }
    #expect(stream.replayed(4, batch(4)) == [])
    #expect(stream.replayEnded() == [.apply(batch(7))])
    #expect(!stream.isReplaying)
    #expect(stream.received(8, batch(8)) == [.apply(batch(8))])
  }

  @Test("a replay that runs ahead of what comes live makes that a repetition")
  func ahead() {
    var stream = stream(upTo: 0)
    #expect(stream.received(2, batch(2)) == [.replay(from: 0)])
    for number in 0...4 as ClosedRange<UInt64> { _ = stream.replayed(number, batch(number)) }
    #expect(stream.replayEnded() == [])
    #expect(stream.received(3, batch(3)) == [])
    #expect(stream.received(4, batch(4)) == [])
    #expect(stream.received(5, batch(5)) == [.apply(batch(5))])
  }

  @Test("a gap that cannot be filled makes everything unknown")
  func unfilled() {
    var stream = stream(upTo: 2)
    #expect(stream.received(6, batch(6)) == [.replay(from: 2)])
    #expect(stream.replayEnded() == [.clear(.lost), .apply(batch(6))])
    #expect(stream.received(7, batch(7)) == [.apply(batch(7))])
  }

  @Test("a replay that no longer reaches back makes everything before it unknown")
  func shortHistory() {
    var stream = stream(upTo: 2)
    #expect(stream.received(6, batch(6)) == [.replay(from: 2)])
    #expect(stream.replayed(4, batch(4)) == [.clear(.lost), .apply(batch(4))])
    #expect(stream.replayed(5, batch(5)) == [.apply(batch(5))])
    #expect(stream.replayEnded() == [.apply(batch(6))])
  }

  @Test("a replay that ends too early makes everything unknown")
  func shortReplay() {
    var stream = stream(upTo: 2)
    #expect(stream.received(6, batch(6)) == [.replay(from: 2)])
    #expect(stream.replayed(2, batch(2)) == [])
    #expect(stream.replayed(3, batch(3)) == [.apply(batch(3))])
    #expect(stream.replayEnded() == [.clear(.lost), .apply(batch(6))])
  }

  @Test("numbers that go back mean that the engine began anew")
  func restart() {
    var stream = stream(upTo: 5)
    #expect(stream.received(0, batch(0, life: 1)) == [.clear(.restarted), .apply(batch(0, life: 1))])
    #expect(stream.received(1, batch(1, life: 1)) == [.apply(batch(1, life: 1))])
  }

  @Test("an engine that began anew and went on is replayed from its beginning")
  func lateRestart() {
    var stream = stream(upTo: 5)
    #expect(stream.received(3, batch(3, life: 1)) == [.clear(.restarted), .replay(from: 0)])
    for number in 0...3 as ClosedRange<UInt64> {
      #expect(stream.replayed(number, batch(number, life: 1)) == [.apply(batch(number, life: 1))])
    }
    #expect(stream.replayEnded() == [])
    #expect(stream.received(4, batch(4, life: 1)) == [.apply(batch(4, life: 1))])
  }

  @Test("an engine that began anew while nobody listened is noticed by the replay")
  func unnoticedRestart() {
    var stream = stream(upTo: 2)
    #expect(stream.received(6, batch(6, life: 1)) == [.replay(from: 2)])
    #expect(stream.replayed(2, batch(2, life: 1)) == [.clear(.restarted), .replay(from: 0)])
    for number in 0...6 as ClosedRange<UInt64> {
      #expect(stream.replayed(number, batch(number, life: 1)) == [.apply(batch(number, life: 1))])
    }
    #expect(stream.replayEnded() == [])
    #expect(stream.received(7, batch(7, life: 1)) == [.apply(batch(7, life: 1))])
  }

  @Test("the same event twice is dropped")
  func duplicate() {
    var stream = stream(upTo: 3)
    #expect(stream.received(3, batch(3)) == [])
    #expect(stream.received(3, batch(3, life: 1)) == [.clear(.restarted), .replay(from: 0)])
  }

  @Test("a second gap behind the first is replayed after it")
  func secondGap() {
    var stream = stream(upTo: 0)
    #expect(stream.received(2, batch(2)) == [.replay(from: 0)])
    #expect(stream.received(5, batch(5)) == [])
    #expect(stream.received(6, batch(6)) == [])
    _ = stream.replayed(0, batch(0))
    #expect(stream.replayed(1, batch(1)) == [.apply(batch(1))])
    #expect(stream.replayEnded() == [.apply(batch(2)), .replay(from: 2)])
    _ = stream.replayed(2, batch(2))
    for number in [3, 4] as [UInt64] { #expect(stream.replayed(number, batch(number)) == [.apply(batch(number))]) }
    #expect(stream.replayEnded() == [.apply(batch(5)), .apply(batch(6))])
  }

  @Test("too many messages during a replay end it")
  func pendingLimit() {
    var stream = stream(upTo: 0)
    #expect(stream.received(2, batch(2)) == [.replay(from: 0)])
    for number in 3..<UInt64(CacheEventStream.pendingLimit + 1) {
      #expect(stream.received(number, batch(number)) == [])
    }
    let actions = stream.received(
      UInt64(CacheEventStream.pendingLimit + 1), batch(UInt64(CacheEventStream.pendingLimit + 1)))
    #expect(actions.first == .clear(.lost))
    #expect(actions.count == CacheEventStream.pendingLimit + 1)
    #expect(stream.replayed(1, batch(1)) == [])
  }

  @Test("the highest number there is does not overflow")
  func highest() {
    var stream = CacheEventStream()
    #expect(stream.received(.max, batch(7)) == [.replay(from: 0)])
    _ = stream.replayEnded()
    #expect(stream.received(0, batch(0, life: 1)) == [.clear(.restarted), .apply(batch(0, life: 1))])
  }
}
