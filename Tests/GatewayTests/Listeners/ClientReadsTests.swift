import Testing

@testable import Gateway

@Suite struct ClientReadsTests {
  /// The sizes of the buffers that reads of so many bytes went into, and the next one.
  private func sizes(of counts: [Int]) -> [Int] {
    var reads = ClientReads()
    return counts.map { count in
      let size = reads.size
      let before = reads
      #expect(reads.record(actualReadBytes: count) == (reads.size > before.size))
      return size
    } + [reads.size]
  }

  private static let kib = 1 << 10

  @Test func shortRequestsNeedASmallBuffer() {
    #expect(sizes(of: [300, 2_047, 1_500]) == [2, 2, 2, 2].map { $0 * Self.kib })
  }

  @Test func aFullReadMakesTheNextOneLarge() {
    #expect(sizes(of: [2 << 10, 64 << 10, 36 << 10]) == [2, 64, 256, 256].map { $0 * Self.kib })
  }

  @Test func longRequestsOneAfterTheOtherAreReadAtOnce() {
    let rest = [100 << 10, 100 << 10]
    #expect(sizes(of: [2 << 10, 64 << 10, 34 << 10] + rest) == [2, 64, 256, 256, 256, 256].map { $0 * Self.kib })
  }

  @Test func theSecondShortReadInARowMakesItSmaller() {
    let counts = [2 << 10, 64 << 10, 64 << 10, 64 << 10, 2 << 10, 100, 300]
    #expect(sizes(of: counts) == [2, 64, 256, 256, 64, 64, 2, 2].map { $0 * Self.kib })
  }

  @Test func aLongReadBetweenShortOnesKeepsIt() {
    let counts = [2 << 10, 100, 3 << 10, 100, 3 << 10]
    #expect(sizes(of: counts) == [2, 64, 64, 64, 64, 64].map { $0 * Self.kib })
  }

  @Test func theLargestDoesNotGrow() {
    #expect(sizes(of: [2 << 10, 64 << 10, 256 << 10, 256 << 10]) == [2, 64, 256, 256, 256].map { $0 * Self.kib })
  }
}
