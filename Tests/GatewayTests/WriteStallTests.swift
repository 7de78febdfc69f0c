import NIOCore
import Testing

@testable import Gateway

@Suite("Peers that stop taking bytes") struct WriteStallTests {
  private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test("one that takes nothing of a full socket's bytes has stalled, however much more is written")
  func nothing() {
    var stall = WriteStall()
    stall.writabilityChanged(false, now: Self.start)
    func isOver(_ seconds: Int64, waiting: Int) -> Bool {
      stall.isOver(.seconds(10), waiting: waiting, now: Self.start + .seconds(seconds))
    }
    #expect(!isOver(1, waiting: 70_000))
    #expect(!isOver(5, waiting: 70_000))
    #expect(!isOver(10, waiting: 90_000))
    #expect(isOver(11, waiting: 90_000))
  }

  @Test("one that takes a byte has the whole time again")
  func slowly() {
    var stall = WriteStall()
    stall.writabilityChanged(false, now: Self.start)
    func isOver(_ seconds: Int64, waiting: Int) -> Bool {
      stall.isOver(.seconds(10), waiting: waiting, now: Self.start + .seconds(seconds))
    }
    for second in 1...100 { #expect(!isOver(Int64(second), waiting: 70_000 - second)) }
    #expect(!isOver(110, waiting: 69_900))
    #expect(isOver(111, waiting: 69_900))
  }

  @Test("a socket that is not full is not looked at, and begins anew when it is")
  func writable() {
    var stall = WriteStall()
    func never() -> Int {
      Issue.record("what waits was asked for")
      return 0
    }
    func isOver() -> Bool { stall.isOver(.seconds(10), waiting: never(), now: Self.start + .hours(1)) }
    #expect(!isOver())
    stall.writabilityChanged(false, now: Self.start)
    stall.writabilityChanged(true, now: Self.start + .seconds(1))
    #expect(!isOver())
    let again = Self.start + .hours(1)
    stall.writabilityChanged(false, now: again)
    let (soon, late) = (
      stall.isOver(.seconds(10), waiting: 1, now: again + .seconds(10)),
      stall.isOver(.seconds(10), waiting: 1, now: again + .seconds(11))
    )
    #expect(!soon && late)
  }
}
