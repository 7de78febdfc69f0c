import Synchronization
import Testing

@testable import TextEncoder

@Suite("The encoder's queue and pool")
struct EncoderPoolTests {
  private let a = QueuedText(Array("a".utf8))
  private let b = QueuedText(Array("b".utf8))

  private func queue(capacity: Int = 2) -> EncodingQueue {
    EncodingQueue(capacity: capacity, askerLimit: 3)
  }

  @Test("texts are taken in the order they came, and two askers of one text share it")
  func singleFlight() {
    var queue = queue()
    #expect(queue.ask(a, by: 1, deadline: nil, now: 0) == nil)
    #expect(queue.ask(b, by: 2, deadline: nil, now: 0) == nil)
    #expect(queue.ask(a, by: 3, deadline: nil, now: 0) == nil)
    #expect(queue.waiting == 2)
    #expect(queue.take(now: 0).text == a)
    #expect(queue.ask(a, by: 4, deadline: nil, now: 0) == nil)  // joins the running one
    #expect(queue.finish(a) == [1, 3, 4])
    #expect(queue.take(now: 0).text == b)
    #expect(queue.finish(b) == [2])
    #expect(queue.take(now: 0).text == nil)
    #expect(queue.running == 0)
  }

  @Test("a full queue, too many askers and a late one are refused")
  func refusals() {
    var queue = queue(capacity: 1)
    #expect(queue.ask(a, by: 1, deadline: 5, now: 5) == .deadlineExceeded)
    #expect(queue.ask(a, by: 1, deadline: nil, now: 0) == nil)
    #expect(queue.ask(b, by: 2, deadline: nil, now: 0) == .queueFull(capacity: 1))
    #expect(queue.ask(a, by: 3, deadline: nil, now: 0) == nil)
    #expect(queue.ask(a, by: 4, deadline: nil, now: 0) == nil)
    #expect(queue.ask(a, by: 5, deadline: nil, now: 0) == .queueFull(capacity: 3))
  }

  @Test("a text that nobody wants any more is not begun; one that somebody wants is")
  func deadlines() {
    var queue = queue()
    _ = queue.ask(a, by: 1, deadline: 10, now: 0)
    _ = queue.ask(b, by: 2, deadline: 10, now: 0)
    _ = queue.ask(b, by: 3, deadline: 30, now: 0)
    let (text, late) = queue.take(now: 20)
    #expect(text == b)
    #expect(late == [1, 2])
    #expect(queue.abandon(b, now: 29) == nil)
    #expect(queue.running == 1)
    #expect(queue.abandon(b, now: 30) == [3])
    #expect(queue.running == 0)
  }

  @Test("whoever asks for a text whose reading is being cut short gets a reading of its own")
  func askingForAnAbandonedText() {
    var queue = queue()
    _ = queue.ask(a, by: 1, deadline: 10, now: 0)
    _ = queue.take(now: 0)
    #expect(queue.abandon(a, now: 10) == [1])
    #expect(queue.ask(a, by: 2, deadline: 100, now: 10) == nil)
    #expect(queue.waiting == 1)
    #expect(queue.take(now: 11).text == a)
    #expect(queue.abandon(a, now: 20) == nil)
    #expect(queue.finish(a) == [2])
  }

  @Test("closing answers those that wait and leaves what runs")
  func closing() {
    var queue = queue()
    _ = queue.ask(a, by: 1, deadline: nil, now: 0)
    _ = queue.take(now: 0)
    _ = queue.ask(b, by: 2, deadline: nil, now: 0)
    #expect(queue.close() == [2])
    #expect(queue.finish(a) == [1])
  }

  @Test("thousands of texts through the queue leave nothing behind")
  func memory() {
    var queue = queue()
    for round in 0..<5000 {
      let text = QueuedText(Array("\(round)".utf8))
      #expect(queue.ask(text, by: UInt64(round), deadline: nil, now: 0) == nil)
      #expect(queue.take(now: 0).text == text)
      #expect(queue.finish(text) == [UInt64(round)])
    }
    #expect(queue.waiting == 0 && queue.running == 0)
  }

  @Test("the pool gives what the encoder gives, to many askers at once, and refuses once closed")
  func pool() async throws {
    let encoder = try TransformerEncoder(Fixtures.packed("bert-sequence"))
    let options = EncodingOptions(window: 32, overlap: 8)
    let texts = (0..<20).map { Array("text number \($0 % 7) of some words".utf8) }
    let workspace = encoder.makeWorkspace()
    let expected = texts.map { text in text.withUnsafeBytes { encoder.encode($0, options, workspace) } }
    let pool = EncoderPool(encoder, options: options, workers: 2, textLimit: 100, now: { 0 })
    let got = try await withThrowingTaskGroup(of: (Int, EncodedText).self) { group in
      for (index, text) in texts.enumerated() {
        group.addTask { (index, try await pool.encode(text, deadline: nil)) }
      }
      var results: [Int: EncodedText] = [:]
      for try await (index, result) in group { results[index] = result }
      return results
    }
    for index in texts.indices { #expect(got[index] == expected[index]) }
    await #expect(throws: EncoderPoolError.deadlineExceeded) { try await pool.encode(texts[0], deadline: 0) }
    await #expect(throws: EncoderPoolError.textTooLong(limit: 100)) {
      try await pool.encode([UInt8](repeating: 0x61, count: 101), deadline: nil)
    }
    pool.close()
    await #expect(throws: EncoderPoolError.closed) { try await pool.encode(texts[0], deadline: nil) }
  }

  @Test("a long text whose deadline passes while it is read is answered with what was read, not given up")
  func deadlineWhileReading() async throws {
    let encoder = try TransformerEncoder(Fixtures.packed("bert-sequence"))
    // A clock that goes on by one whenever it is looked at, which is done before each window.
    let clock = Atomic<UInt64>(0)
    let pool = EncoderPool(
      encoder, options: EncodingOptions(window: 32, overlap: 8, windowBudget: 200), workers: 1,
      now: { clock.add(1, ordering: .relaxed).oldValue })
    let text = Array(String(repeating: "a long text about many things. ", count: 400).utf8)
    let read = try await pool.encode(text, deadline: 30)
    #expect((1..<30).contains(read.windows.count))
    #expect(read.plannedWindows == 200)
    #expect(read.isCutShort)
    await #expect(throws: EncoderPoolError.deadlineExceeded) { try await pool.encode(text, deadline: 30) }
    pool.close()
  }

  @Test(
    "windows are read such that any beginning is spread over the text",
    arguments: [(100, [0]), (300, [0, 1]), (600, [0, 2, 1]), (25_000, [0, 7, 3, 1, 5, 2, 4, 6])])
  func order(tokens: Int, expected: [Int]) {
    #expect(WindowPlan(tokens: tokens, window: 254, stride: 190, budget: 8).order == expected)
  }

  @Test(
    "windows cover a text up to the budget, then are spread over it",
    arguments: [
      (100, 8, [0..<100]), (300, 8, [0..<254, 46..<300]), (25_000, 3, [0..<254, 12_373..<12_627, 24_746..<25_000]),
      (500, 1, [0..<254]), (0, 8, [0..<0]),
    ])
  func windows(tokens: Int, budget: Int, expected: [Range<Int>]) {
    #expect(WindowPlan(tokens: tokens, window: 254, stride: 190, budget: budget).windows == expected)
  }
}
