import NIOCore
import Testing

@testable import Gateway

@Suite("Streams that come in bursts") struct ReadPacingTests {
  private let begin = NIODeadline.uptimeNanoseconds(1_000_000_000)

  /// One that has just begun a pause at ``begin``.
  private var paused: ReadPacing {
    var pacing = ReadPacing()
    pacing.received(at: begin)
    #expect(pacing.next() == .read)
    pacing.received(at: begin + ReadPacing.burstGap - .nanoseconds(1))
    #expect(pacing.next() == .pause)
    #expect(pacing.isPaused)
    return pacing
  }

  @Test("events that come alone are read at once, however many")
  func alone() {
    var pacing = ReadPacing()
    for event in 0..<100 {
      pacing.received(at: begin + ReadPacing.burstGap * event)
      #expect(pacing.next() == .read)
    }
  }

  @Test("an event that takes several reads of one turn is no burst")
  func long() {
    var pacing = ReadPacing()
    for event in 0..<10 {
      for read in 0..<4 { pacing.received(at: begin + .milliseconds(20) * event + .microseconds(2) * read) }
      #expect(pacing.next() == .read)
    }
  }

  @Test("one pause at a time, also when bytes come with the connection's end")
  func inAPause() {
    var pacing = paused
    #expect(pacing.next() == .wait)
    pacing.received(at: begin + .microseconds(135))
    #expect(pacing.next() == .wait)
    pacing.listens(at: begin + ReadPacing.pause)
    #expect(pacing.next() == .read)
  }

  @Test("what waited when a pause ended is followed by another, and what came later is not")
  func afterAPause() {
    var pacing = paused
    let end = begin + ReadPacing.pause
    pacing.listens(at: end)
    #expect(pacing.next() == .read)
    pacing.received(at: end + .microseconds(2))
    #expect(pacing.next() == .pause)
    let later = end + .microseconds(2) + ReadPacing.pause
    pacing.listens(at: later)
    pacing.received(at: later + ReadPacing.burstGap)
    #expect(pacing.next() == .read)
  }

  @Test("two events of the next answer of a connection are read before a pause")
  func nextAnswer() {
    var pacing = ReadPacing()
    pacing.received(at: begin)
    #expect(pacing.next() == .read)
    pacing.received(at: begin + .microseconds(10))
    pacing.ended()
    #expect(pacing.next() == .read)
    pacing.received(at: begin + .microseconds(20))
    #expect(pacing.next() == .read)
    pacing.received(at: begin + .microseconds(30))
    #expect(pacing.next() == .pause)
  }
}
