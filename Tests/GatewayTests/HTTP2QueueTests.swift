import NIOCore
import Testing

@testable import Gateway

@Suite("Bytes that wait on HTTP/2") struct HTTP2QueueTests {
  private static func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }

  @Test("it is full from its limit on, until half has gone")
  func full() {
    var queue = HTTP2Queue(limit: 100, now: Self.at(0))
    queue.add(99, now: Self.at(1))
    #expect(!queue.isFull)
    queue.add(31, now: Self.at(1))
    #expect(queue.isFull && queue.bytes == 130)
    let hasRoomAboveHalf = queue.remove(79, now: Self.at(2))
    #expect(!hasRoomAboveHalf && queue.isFull && queue.bytes == 51)
    let isBelowHalf = queue.remove(1, now: Self.at(2))
    #expect(isBelowHalf && !queue.isFull && queue.bytes == 50)
    let isBelowAgain = queue.remove(50, now: Self.at(2))
    #expect(!isBelowAgain && queue.bytes == 0)
  }

  @Test("it stalls when nothing goes of what waits")
  func stalls() {
    var queue = HTTP2Queue(limit: 100, now: Self.at(0))
    #expect(!queue.isStalled(Self.at(1_000), after: .seconds(5)))
    queue.add(10, now: Self.at(1_000))
    queue.add(10, now: Self.at(1_004))
    #expect(!queue.isStalled(Self.at(1_005), after: .seconds(5)))
    #expect(queue.isStalled(Self.at(1_006), after: .seconds(5)))
    queue.remove(1, now: Self.at(1_006))
    #expect(!queue.isStalled(Self.at(1_011), after: .seconds(5)))
    queue.remove(19, now: Self.at(1_011))
    #expect(!queue.isStalled(Self.at(2_000), after: .seconds(5)))
  }
}
