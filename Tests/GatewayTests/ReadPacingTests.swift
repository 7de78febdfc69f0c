import NIOCore
import Testing

@testable import Gateway

@Suite("Streams that come in bursts") struct ReadPacingTests {
  private let begin = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test("events that come alone are read at once, however many")
  func alone() {
    var pacing = ReadPacing()
    for event in 0..<100 {
      pacing.received(at: begin + ReadPacing.burstGap * event)
      #expect(pacing.next() == .read)
    }
  }

  @Test("a pause follows the second of two that come together")
  func burst() {
    var pacing = ReadPacing()
    pacing.received(at: begin)
    #expect(pacing.next() == .read)
    pacing.received(at: begin + .microseconds(124))
    #expect(pacing.next() == .pause)
    #expect(pacing.next() == .wait, "one pause at a time")
  }

  @Test("what waited when a pause ended is followed by another, and what came later is not")
  func afterAPause() {
    var pacing = ReadPacing()
    pacing.received(at: begin)
    pacing.received(at: begin)
    #expect(pacing.next() == .pause)
    let end = begin + ReadPacing.pause
    pacing.resumed(at: end)
    #expect(pacing.next() == .read)
    pacing.received(at: end + .microseconds(2))
    #expect(pacing.next() == .pause)
    let later = end + .microseconds(2) + ReadPacing.pause
    pacing.resumed(at: later)
    pacing.received(at: later + ReadPacing.burstGap)
    #expect(pacing.next() == .read)
  }

  @Test("bytes that come in a pause, as with the connection's end, begin no second one")
  func inAPause() {
    var pacing = ReadPacing()
    pacing.received(at: begin)
    pacing.received(at: begin)
    #expect(pacing.next() == .pause)
    pacing.received(at: begin + .microseconds(10))
    #expect(pacing.next() == .wait)
    pacing.resumed(at: begin + ReadPacing.pause)
    #expect(pacing.next() == .read)
  }

  @Test("the next answer of a connection is read at once")
  func nextAnswer() {
    var pacing = ReadPacing()
    pacing.received(at: begin)
    pacing.received(at: begin)
    pacing.ended()
    #expect(pacing.next() == .read)
  }
}
