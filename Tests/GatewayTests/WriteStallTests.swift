import NIOCore
import Testing

@testable import Gateway

@Suite("Peers that stop taking bytes") struct WriteStallTests {
  private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  /// Asks of a socket that is full from the start on whether it has stalled: by the seconds since, and the bytes that
  /// wait.
  private static func fullSocket() -> (_ seconds: Int64, _ waiting: Int) -> Bool {
    var stall = WriteStall()
    stall.writabilityChanged(false, now: start)
    return { stall.isOver(.seconds(10), waiting: $1, now: start + .seconds($0)) }
  }

  @Test("one that takes nothing of a full socket's bytes has stalled, however much more is written")
  func nothing() {
    let isOver = Self.fullSocket()
    #expect(!isOver(1, 70_000))
    #expect(!isOver(5, 70_000))
    #expect(!isOver(10, 90_000))
    #expect(isOver(11, 90_000))
  }

  @Test("one that takes a byte has the whole time again")
  func slowly() {
    let isOver = Self.fullSocket()
    for second in 1...100 { #expect(!isOver(Int64(second), 70_000 - second)) }
    #expect(!isOver(110, 69_900))
    #expect(isOver(111, 69_900))
  }

  @Test("the last bytes are to be taken too, though the socket is not full, and then there is time to notice")
  func lastBytes() {
    var stall = WriteStall()
    func at(_ second: Int64) -> NIODeadline { Self.start + .seconds(second) }
    func isOver(_ second: Int64) -> Bool { stall.isOver(.seconds(10), waiting: 900, now: at(second)) }
    func hasLingered(_ second: Int64) -> Bool { stall.hasLingered(.seconds(2), now: at(second)) }
    stall.ends(now: at(0))
    #expect(!isOver(5))
    #expect(!hasLingered(5))
    stall.writabilityChanged(true, now: at(6))
    #expect(!isOver(16))
    #expect(isOver(17))
    stall.ended(now: at(18))
    #expect(!isOver(99))
    #expect(!hasLingered(20))
    #expect(hasLingered(21))
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
