import Seeded
import Signals
import Testing

@testable import Reading

@Suite("Reading cache")
struct ReadingCacheTests {
  private func readings(_ family: SignalFamily, _ evidence: String) -> SignalReadings {
    var readings = SignalReadings()
    readings[family] = FamilyReading(
      readings: [SignalReading(state: .matched(confidence: 1), evidence: [evidence])], nanoseconds: 900, note: "n")
    return readings
  }

  private func text(_ number: Int) -> [UInt8] { Array("text \(number)".utf8) }

  @Test("a text read before gives its readings, at no cost, under its generation only")
  func hit() {
    let cache = ReadingCache()
    cache.record(readings(.keyword, "a"), generation: 1, text: text(1))
    let found = cache.readings(generation: 1, text: text(1))
    #expect(found?[.keyword]?.nanoseconds == 0)
    #expect(found?[.keyword]?.readings == readings(.keyword, "a")[.keyword]?.readings)
    #expect(found?[.keyword]?.note == "n")
    #expect(cache.readings(generation: 2, text: text(1)) == nil)
    #expect(cache.readings(generation: 1, text: text(2)) == nil)
  }

  @Test("families read later join those kept before")
  func merging() {
    let cache = ReadingCache()
    cache.record(readings(.keyword, "a"), generation: 1, text: text(1))
    cache.record(readings(.domain, "b"), generation: 1, text: text(1))
    let found = cache.readings(generation: 1, text: text(1))
    #expect(found?[.keyword] != nil)
    #expect(found?[.domain] != nil)
    #expect(cache.size.entries == 1)
  }

  @Test("families of the envelope and failed readings are not kept")
  func unkept() {
    let cache = ReadingCache()
    cache.record(readings(.metadata, "a"), generation: 1, text: text(1))
    var failed = SignalReadings()
    failed[.domain] = FamilyReading(readings: [SignalReading(state: .failed(reason: "late"))])
    cache.record(failed, generation: 1, text: text(2))
    #expect(cache.size.entries == 0)
  }

  @Test("the least recently used text goes first, and entries stay bounded")
  func entries() {
    let cache = ReadingCache(maximumEntries: 3, maximumTextBytes: 1000, stripeCount: 1)
    for number in 1...3 { cache.record(readings(.keyword, "a"), generation: 1, text: text(number)) }
    _ = cache.readings(generation: 1, text: text(1))
    cache.record(readings(.keyword, "a"), generation: 1, text: text(4))
    #expect((1...4).map { cache.readings(generation: 1, text: text($0)) != nil } == [true, false, true, true])
    #expect(cache.size == (3, 18))
  }

  @Test("bytes of text stay bounded, and a text above the bound is not kept")
  func bytes() {
    let cache = ReadingCache(maximumEntries: 100, maximumTextBytes: 40, stripeCount: 1)
    for number in 0..<10 { cache.record(readings(.keyword, "a"), generation: 1, text: text(number)) }
    #expect(cache.size == (6, 36))
    cache.record(readings(.keyword, "a"), generation: 1, text: Array(repeating: 1, count: 41))
    #expect(cache.size == (6, 36))
    cache.removeAll()
    #expect(cache.size == (0, 0))
  }

  @Test("texts whose hashes collide do not answer for each other")
  func collisions() {
    var stripe = ReadingCacheStripe(maximumEntries: 4, maximumBytes: 100)
    stripe.insert(readings(.keyword, "one"), 77, 1, text(1))
    #expect(stripe.find(77, 1, text(2)) == nil)
    stripe.insert(readings(.keyword, "two"), 77, 1, text(2))
    #expect(stripe.find(77, 1, text(1)) == nil)
    #expect(stripe.find(77, 1, text(2))?[.keyword]?.readings[0].evidence == ["two"])
    #expect(stripe.count == 1)
    #expect(stripe.bytes == 6)
  }

  @Test("the cache behaves as a plain model of it, whatever the order of calls")
  func againstModel() {
    var random = SeededGenerator(seed: .random(in: 0 ... .max))
    let seed = random.seed
    let cache = ReadingCache(maximumEntries: 5, maximumTextBytes: 1000, stripeCount: 1)
    var model: [[UInt8]] = []
    for _ in 0..<3000 {
      let text = text(Int.random(in: 0..<9, using: &random))
      let place = model.firstIndex(of: text)
      if Bool.random(using: &random) {
        #expect((cache.readings(generation: 1, text: text) != nil) == (place != nil), "seed \(seed)")
        if let place { model.append(model.remove(at: place)) }
      } else {
        cache.record(readings(.keyword, "a"), generation: 1, text: text)
        if let place { model.remove(at: place) }
        model.append(text)
        if model.count > 5 { model.removeFirst() }
      }
    }
  }

  @Test("the hash depends on the seed and on every byte")
  func hash() {
    let text = Array(repeating: UInt8(0x61), count: 40)
    var hashes: Set = [TextHash.hash(text, seed: 1), TextHash.hash(text, seed: 2)]
    for index in text.indices {
      var other = text
      other[index] = 0x62
      hashes.insert(TextHash.hash(other, seed: 1))
    }
    for length in 0..<40 { hashes.insert(TextHash.hash(Array(text.prefix(length)), seed: 1)) }
    #expect(hashes.count == 82)
  }

  @Test("texts are compared to the last byte")
  func equality() {
    for length in [0, 1, 31, 32, 33, 64, 70] {
      let text = (0..<length).map { UInt8($0) }
      #expect(TextHash.areEqual(text, Array(text)))
      #expect(!TextHash.areEqual(text, text + [0]))
      for index in text.indices {
        var other = text
        other[index] ^= 1
        #expect(!TextHash.areEqual(text, other))
      }
    }
  }

  @Test("many threads may use it at once")
  func threads() async {
    let cache = ReadingCache(maximumEntries: 32, maximumTextBytes: 4000)
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          for number in 0..<500 {
            let text = Array("text \((number + worker) % 60)".utf8)
            if cache.readings(generation: 1, text: text) == nil {
              var readings = SignalReadings()
              readings[.language] = FamilyReading(readings: [])
              cache.record(readings, generation: 1, text: text)
            }
          }
        }
      }
    }
    #expect(cache.size.entries <= 32)
    #expect(cache.size.entries > 0)
  }
}
