import HTTPWire
import NIOCore
import Seeded
import Testing

@testable import Gateway

@Suite("Answers in chunks") struct ChunkedAnswerTests {
  private static let events = ["data: {}\n\n", "data: {\"a\": 1}\n\n", "data: [DONE]\n\n"]
  private static let body = events.joined()
  private static let framed =
    events.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n"

  /// Hands a text over in pieces that end at these offsets, and returns what was passed on after each.
  private func pass(
    _ text: String, cut cuts: [Int], withFraming: Bool, isEventStream: Bool = true, named: Set<String> = []
  ) throws -> (passed: [String], trailers: String, isOver: Bool, isBetweenChunks: [Bool]) {
    var answer = ChunkedAnswer(named: named)
    var waiting = ByteBuffer()
    var passed: [String] = []
    var between: [Bool] = []
    var trailers = ""
    var isOver = false
    var from = 0
    let bytes = Array(text.utf8)
    for cut in cuts + [bytes.count] {
      waiting.writeBytes(bytes[from..<cut])
      from = cut
      let next = try answer.pass(&waiting, withFraming: withFraming, isEventStream: isEventStream)
      passed.append(([next.first].compactMap(\.self) + next.others).map { String(buffer: $0) }.joined())
      trailers += String(decoding: next.trailers, as: UTF8.self)
      isOver = next.isOver
      between.append(answer.isBetweenChunks)
    }
    #expect(waiting.readableBytes == 0)
    return (passed, trailers, isOver, between)
  }

  @Test("wherever a stream is cut, all of it is passed on, by whole chunks")
  func cutAnywhere() throws {
    let text = Self.framed + "\r\n"
    // Where a chunk ends, or all.
    var boundaries: Set<Int> = [0, text.utf8.count]
    var length = 0
    for event in Self.events {
      length += 1 + String(event.utf8.count, radix: 16).utf8.count + 1 + event.utf8.count + 2
      boundaries.insert(length)
    }
    for cut in 1..<text.utf8.count {
      let result = try pass(text, cut: [cut], withFraming: true)
      #expect(result.passed.joined() == text)
      #expect(result.isOver)
      let isWithinTheEnd = cut > length
      #expect(isWithinTheEnd || boundaries.contains(result.passed[0].utf8.count), "cut at \(cut)")
      #expect(try pass(text, cut: [cut], withFraming: false).passed.joined() == Self.body)
    }
  }

  @Test("byte by byte, and in pieces at random")
  func pieces() throws {
    let text = Self.framed + "\r\n"
    var all = [Array(1..<text.utf8.count)]
    for seed in 0..<200 {
      var random = SeededGenerator(seed: UInt64(seed))
      all.append((0..<4).map { _ in Int.random(in: 1..<text.utf8.count, using: &random) }.sorted())
    }
    for (seed, cuts) in all.enumerated() {
      for isEventStream in [true, false] {
        let result = try pass(text, cut: cuts, withFraming: true, isEventStream: isEventStream)
        #expect(result.passed.joined() == text && result.isOver, "seed \(seed - 1)")
      }
    }
  }

  @Test("a chunk of another answer is passed on as it comes, and then nothing can be said at its end")
  func otherAnswers() throws {
    let result = try pass("5\r\nhello\r\n0\r\n\r\n", cut: [5], withFraming: true, isEventStream: false)
    #expect(result.passed == ["5\r\nhe", "llo\r\n0\r\n\r\n"])
    #expect(result.isBetweenChunks == [false, true])
  }

  @Test("a chunk that is longer than may be held is not waited for")
  func longChunk() throws {
    let length = ChunkedAnswer.heldLimit + 10
    let text = "\(String(length, radix: 16))\r\n" + String(repeating: "x", count: length) + "\r\n0\r\n\r\n"
    let result = try pass(text, cut: [100, ChunkedAnswer.heldLimit + 8], withFraming: true)
    #expect(result.passed[0].isEmpty)
    #expect(result.passed[1].utf8.count == ChunkedAnswer.heldLimit + 8)
    #expect(result.isBetweenChunks == [true, false, true])
    #expect(result.passed.joined() == text)
  }

  @Test("trailers pass when they are whole, without those that end here", arguments: [true, false])
  func trailers(withFraming: Bool) throws {
    let text = Self.framed + "X-Checksum: 1\r\nX-Hop: 2\r\nContent-Length: 3\r\n\r\n"
    for cut in 1..<text.utf8.count {
      let result = try pass(text, cut: [cut], withFraming: withFraming, named: ["x-hop"])
      #expect(result.isOver)
      if withFraming {
        #expect(result.passed.joined() == Self.framed + "X-Checksum: 1\r\n\r\n")
      } else {
        #expect(result.passed.joined() == Self.body)
        #expect(result.trailers == "X-Checksum: 1\r\n")
      }
    }
  }

  @Test("a chunk that is none is refused")
  func malformed() {
    #expect(throws: HTTPSyntaxError.self) { try pass("zz\r\nhello\r\n", cut: [], withFraming: true) }
  }
}
