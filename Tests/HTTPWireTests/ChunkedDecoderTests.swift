import HTTPWire
import Testing

@Suite("Chunked bodies") struct ChunkedDecoderTests {
  @Test("a malformed body is refused", arguments: ChunkedBodies.malformed)
  func refused(_ text: String) {
    #expect(ChunkedResult.decode(Array(text.utf8)).error == .badChunk)
  }

  @Test("a well-formed body gives its payload and ends where it ends", arguments: ChunkedBodies.wellFormed)
  func taken(_ text: String, _ payload: String, _ end: Int) {
    var result = ChunkedResult.decode(Array(text.utf8))
    result.trailers = ""
    #expect(result == ChunkedResult(payload: Array(payload.utf8), end: end))
  }

  @Test("an unfinished body is asked on", arguments: ChunkedBodies.unfinished)
  func unfinished(_ text: String, _ payload: String) {
    #expect(ChunkedResult.decode(Array(text.utf8)) == ChunkedResult(payload: Array(payload.utf8)))
  }

  @Test("a body gives the same, cut once or twice anywhere and byte by byte")
  func cuts() {
    for text in ChunkedBodies.malformed + ChunkedBodies.wellFormed.map(\.0) + ChunkedBodies.unfinished.map(\.0) {
      let bytes = Array(text.utf8)
      let whole = ChunkedResult.decode(bytes)
      for first in 0...bytes.count {
        for second in [first, (first + bytes.count) / 2, bytes.count] {
          #expect(
            ChunkedResult.decode(bytes, cutAt: [first, second]) == whole,
            "\(text.debugDescription) cut at \(first) and \(second)")
        }
      }
      #expect(ChunkedResult.decode(bytes, cutAt: Array(0...bytes.count)) == whole, "\(text.debugDescription)")
    }
  }

  @Test("a chunk-size line has a limit")
  func lineLimit() {
    let limits = HTTPLimits(chunkLineBytes: 8)
    #expect(ChunkedResult.decode(Array("5;abcde\r\nhello".utf8), limits: limits).payload == Array("hello".utf8))
    #expect(ChunkedResult.decode(Array("5;abcdef\r\nhello".utf8), limits: limits).error == .badChunk)
    #expect(ChunkedResult.decode(Array("5;abcdefghij".utf8), limits: limits).error == .badChunk)
    let lines = String(repeating: "1;abcde\r\na\r\n", count: 20) + "0\r\n\r\n"
    #expect(ChunkedResult.decode(Array(lines.utf8), limits: limits).payload == Array(repeating: 0x61, count: 20))
  }

  @Test("trailers have a limit, over all of their lines")
  func trailerLimit() {
    let limits = HTTPLimits(trailerBytes: 10)
    #expect(ChunkedResult.decode(Array("0\r\nA: b\r\nA: b\r\n\r\n".utf8), limits: limits).end == 17)
    #expect(ChunkedResult.decode(Array("0\r\nA: b\r\nA: bc\r\n\r\n".utf8), limits: limits).error == .trailersTooLarge)
    #expect(ChunkedResult.decode(Array("0\r\nAAAAAAAAAAAAA".utf8), limits: limits).error == .trailersTooLarge)
  }

  @Test("trailers are kept as they came, however they are cut")
  func trailers() {
    for (text, trailers) in [
      ("0\r\n\r\n", ""), ("0;a\r\nA: b\r\n\r\n", "A: b\r\n"),
      ("1\r\na\r\n0\r\nA:\r\nB: \tc \r\n\r\nrest", "A:\r\nB: \tc \r\n"),
    ] {
      let bytes = Array(text.utf8)
      for cut in 0...bytes.count { #expect(ChunkedResult.decode(bytes, cutAt: [cut]).trailers == trailers) }
    }
  }

  @Test("what a chunk still has to come is known from its size line on")
  func announced() throws {
    var decoder = ChunkedDecoder()
    for (piece, announced) in [("5", 0), ("0\r", 0x50), ("\n", 0x50), ("abc", 0x4D), ("d", 0x4C)] {
      var offset = 0
      while try decoder.next(Array(piece.utf8), offset: &offset) != .needMore {}
      #expect(decoder.announced == announced, "\(piece)")
    }
  }

  @Test("data is told by its place in what was given, framing left out")
  func places() throws {
    let bytes = Array("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".utf8)
    var decoder = ChunkedDecoder()
    var offset = 0
    #expect(try decoder.next(bytes, offset: &offset) == .data(3..<6))
    #expect(!decoder.isEnded)
    #expect(try decoder.next(bytes, offset: &offset) == .chunkEnd)
    #expect(offset == 8)
    #expect(try decoder.next(bytes, offset: &offset) == .data(11..<13))
    #expect(try decoder.next(bytes, offset: &offset) == .chunkEnd)
    #expect(try decoder.next(bytes, offset: &offset) == .lastChunk(18))
    #expect(try decoder.next(bytes, offset: &offset) == .end(20))
    #expect(decoder.isEnded)
    #expect(decoder.trailers.isEmpty)
    #expect(try decoder.next(bytes, offset: &offset) == .end(20))
  }

  @Test("a chunk of terabytes is walked through without being kept")
  func hugeChunk() throws {
    var decoder = ChunkedDecoder()
    let start = Array("fffffffffffffff\r\n".utf8)
    var offset = 0
    #expect(try decoder.next(start, offset: &offset) == .needMore)
    let block = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<16 {
      offset = 0
      #expect(try decoder.next(block, offset: &offset) == .data(0..<4096))
      #expect(try decoder.next(block, offset: &offset) == .needMore)
    }
  }
}
