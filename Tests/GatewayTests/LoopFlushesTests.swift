import NIOCore
import Testing

@testable import Gateway

@Suite("Flushes at the end of a loop's turn") struct LoopFlushesTests {
  private final class Connection: DeferredFlush {
    func flushDeferred() {}
  }

  @Test("nothing is due at once, and everything after the longest wait")
  func longestWait() {
    var flushes = LoopFlushes()
    let begin = NIODeadline.uptimeNanoseconds(1_000_000)
    #expect(!flushes.isDue(at: begin))
    flushes.add(Connection(), at: begin)
    flushes.add(Connection(), at: begin + .microseconds(200))
    #expect(!flushes.isDue(at: begin + .microseconds(249)))
    #expect(flushes.isDue(at: begin + .microseconds(250)))
    #expect(flushes.take().count == 2)
    #expect(flushes.isEmpty)
    #expect(!flushes.isDue(at: begin + .seconds(1)))
  }

  @Test("the wait is counted anew from the first that waits again")
  func waitsAnew() {
    var flushes = LoopFlushes()
    let begin = NIODeadline.uptimeNanoseconds(0)
    flushes.add(Connection(), at: begin)
    _ = flushes.take()
    flushes.add(Connection(), at: begin + .milliseconds(5))
    #expect(!flushes.isDue(at: begin + .milliseconds(5)))
  }

  @Test("the arrays that were flushed are used anew")
  func arraysAreKept() {
    var flushes = LoopFlushes()
    let now = NIODeadline.uptimeNanoseconds(0)
    var places: Set<UnsafeRawPointer?> = []
    for _ in 0..<8 {
      for _ in 0..<64 { flushes.add(Connection(), at: now) }
      let taken = flushes.take()
      taken.withUnsafeBytes { _ = places.insert($0.baseAddress) }
      #expect(taken.count == 64)
      // Whoever is flushed may wait again at once.
      flushes.add(Connection(), at: now)
      flushes.giveBack(taken)
      _ = flushes.take().count
    }
    #expect(flushes.isEmpty)
  }

  @Test("at most 64 connections wait")
  func limit() {
    var flushes = LoopFlushes()
    let now = NIODeadline.uptimeNanoseconds(0)
    for _ in 0..<63 { flushes.add(Connection(), at: now) }
    #expect(!flushes.isDue(at: now))
    flushes.add(Connection(), at: now)
    #expect(flushes.isDue(at: now))
  }
}
