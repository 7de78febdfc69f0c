import Seeded
import Testing

@testable import Balancing

@Suite("Samples of a prompt's hashes") struct PrefixSamplesTests {
  @Test("their depths double every 32; a whole prompt has 192, 960 characters")
  func depths() {
    #expect((0..<4).map(PrefixSamples.depth(of:)) == [1, 2, 3, 4])
    #expect([31, 32, 33, 63, 64, 95, 96].map(PrefixSamples.depth(of:)) == [32, 34, 36, 96, 100, 224, 232])
    let text = PrefixSamples.text(of: [UInt64](repeating: 7, count: PromptBlocks.maximumBlocks))
    #expect(text.count == 960)
    #expect(PrefixSamples.samples(String(decoding: text, as: UTF8.self))?.last?.depth == 2_016)
  }

  @Test("what is written is read: bits of the hash at each depth, and two prompts share what they share")
  func roundTrip() throws {
    var random = SeededGenerator(seed: 11)
    let first = (0..<400).map { _ in random.next() }
    let second = first.prefix(150) + (0..<90).map { _ in random.next() }
    func samples(_ hashes: some RandomAccessCollection<UInt64>) throws -> [PrefixSamples.Sample] {
      try #require(PrefixSamples.samples(String(decoding: PrefixSamples.text(of: hashes), as: UTF8.self)))
    }
    let read = try samples(first)
    #expect(read.count == 90 && read.last?.depth == 200)
    for sample in read { #expect(UInt64(sample.bits) == first[2 * sample.depth - 1] >> 34) }
    // 150 blocks are 75 units.
    let shared = zip(read, try samples(second)).prefix { $0 == $1 }
    #expect(shared.last?.0.depth == 74)
    #expect(try samples([]).isEmpty && samples(first.prefix(1)).isEmpty)
  }

  @Test(
    "a text that is none of them is refused",
    arguments: ["A", "AAAAAA", "AAAA="] + [965, 970, 9_500, 11_000].map { String(repeating: "A", count: $0) })
  func refused(text: String) { #expect(PrefixSamples.samples(text) == nil) }
}
