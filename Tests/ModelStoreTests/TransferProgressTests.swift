import ModelStore
import Testing

@Suite("Progress of a transfer")
struct TransferProgressTests {
  private let second: UInt64 = 1_000_000_000

  @Test("a terminal sees a line five times a second, with the rate since the transfer went on")
  func terminal() {
    var progress = TransferProgress(isTerminal: true)
    #expect(progress.line(file: "a", done: 40_000_000, total: 80_000_000, now: 0) == "a: 40.0 of 80.0 MB, 50 %")
    #expect(progress.line(file: "a", done: 41_000_000, total: 80_000_000, now: second / 10) == nil)
    #expect(
      progress.line(file: "a", done: 50_000_000, total: 80_000_000, now: second)
        == "a: 50.0 of 80.0 MB, 62 %, 10.0 MB/s")
    #expect(
      progress.line(file: "a", done: 80_000_000, total: 80_000_000, now: second + 1)
        == "a: 80.0 of 80.0 MB, 100 %, 40.0 MB/s")
  }

  @Test("a log gets a line each 5 s and one at the end")
  func log() {
    var progress = TransferProgress(isTerminal: false)
    #expect(progress.line(file: "a", done: 0, total: nil, now: 0) == nil)
    #expect(progress.line(file: "a", done: 1_000_000, total: nil, now: 4 * second) == nil)
    #expect(progress.line(file: "a", done: 5_000_000, total: nil, now: 5 * second) == "a: 5.0 MB, 1.0 MB/s")
    #expect(progress.line(file: "a", done: 6_000_000, total: nil, now: 6 * second) == nil)
    #expect(
      progress.line(file: "a", done: 7_000_000, total: 7_000_000, now: 7 * second)
        == "a: 7.0 of 7.0 MB, 100 %, 1.0 MB/s")
    #expect(progress.line(file: "b", done: 100, total: 100, now: 8 * second) == nil)
  }

  @Test("what begins anew has a rate of its own")
  func anew() {
    var progress = TransferProgress(isTerminal: true)
    _ = progress.line(file: "a", done: 50_000_000, total: nil, now: 0)
    #expect(progress.line(file: "a", done: 0, total: nil, now: second) == "a: 0.0 MB")
    #expect(progress.line(file: "a", done: 2_000_000, total: nil, now: 3 * second) == "a: 2.0 MB, 1.0 MB/s")
  }
}
