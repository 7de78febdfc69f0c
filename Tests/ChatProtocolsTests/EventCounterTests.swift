import ChatProtocols
import Testing

@Suite("Events of a stream, counted") struct EventCounterTests {
  @Test(
    "an event counts when its empty line has come, wherever the stream is cut",
    arguments: [
      ("", 0), ("data: a", 0), ("data: a\n", 0), ("data: a\n\n", 1), ("\n\ndata: a\n\n", 1),
      ("event: x\ndata: a\n\ndata: b\n\n", 2), ("data: a\r\n\r\ndata: b\r\n\r\n", 2), ("data: a\n\n\n\ndata: b\n\n", 2),
      // As chunks.
      ("9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\n\r\n", 3),
    ])
  func counts(text: String, count: Int) {
    let bytes = Array(text.utf8)
    for size in [1, 2, 3, 7, 100] {
      var counter = EventCounter()
      for start in stride(from: 0, to: bytes.count, by: size) {
        bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { counter.append($0) }
      }
      #expect(counter.count == count, "\(text) in pieces of \(size)")
    }
  }
}
