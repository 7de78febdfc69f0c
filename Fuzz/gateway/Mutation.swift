import FuzzCommand
import Seeded

/// Makes the input of an iteration: a request and an answer of the corpus, each changed a little or left as it is.
enum Mutation {
  private static let tokens: [[UInt8]] =
    [
      "\r\n", "\r", "\n", "\r\n\r\n", " ", "\t", ":", ";", ",", "\"", "0", "9", "f", "-", "+", "\u{0}", "\u{7F}", "?",
      "#", "%2f", "\\", "0\r\n\r\n", "5\r\nhello\r\n", "00", "fffffffff", " \r\n", "\r\n ", "HTTP/1.1", "HTTP/1.0",
      "HTTP/2.0", "GET", "HEAD", "POST", "OPTIONS", "CONNECT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "Host: h\r\n",
      "Host:\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Content-Length: +5\r\n",
      "Content-Length: 99999999999\r\n", "Content-Length: 100000\r\n", "Content-Length : 5\r\n",
      "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, \r\n",
      "Connection: close\r\n", "Connection: keep-alive\r\n", "Connection: upgrade, content-length\r\n",
      "Upgrade: h2c\r\n", "A:\r\n b\r\n", "A\r\n", ": b\r\n", "A : b\r\n", "Expect: 100-continue\r\n", "Trailer: A\r\n",
      "X-Request-ID: \u{E9}\r\n", "Content-Type: text/event-stream\r\n", "5;a=b\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
      "200", "204", "304", "429", "500", "503", "101", "999", "data: ", "data: [DONE]\n\n", "\n\n", "{", "}", "[", "]",
      "\"model\":\"fuzzed\"", "\"model\":null", "\\ud800", "\"stream\":true", "model", "hedged", "--x\r\n", "--x--\r\n",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3, 0x28], Array(repeating: 0x61, count: 70_000)]

  static func input(_ generator: inout SeededGenerator) -> Input {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    func isOne(in count: Int) -> Bool { pick(1...count) == 1 }
    let seed = Corpus.requests[pick(0...Corpus.requests.count - 1)]
    let isHTTP2 = isOne(in: 25)
    let answer =
      isOne(in: 4)
      ? Corpus.unsound[pick(0...Corpus.unsound.count - 1)] : Corpus.answers[pick(0...Corpus.answers.count - 1)]
    var input = Input(
      request: isHTTP2 ? Corpus.http2 : seed.bytes, requestCount: isHTTP2 ? nil : seed.count, answer: answer.bytes,
      isAnswerSound: Corpus.answers.contains { $0.bytes == answer.bytes })
    input.engine = answer.endsByClosing || isOne(in: 4) ? .closes : .keeps
    if isOne(in: 2) {
      change(&input.request, among: Corpus.requests.map(\.bytes), keeping: isHTTP2 ? 24 : 0, &generator)
      input.requestCount = nil
    }
    if isOne(in: 2) {
      change(&input.answer, among: Corpus.answers.map(\.bytes), keeping: 0, &generator)
      input.isAnswerSound = false
    }
    if isOne(in: 8) {
      input.engine = isOne(in: 2) ? .resets : .halfCloses
      // What was not taken when a reset comes is lost.
      if input.engine == .resets { input.isAnswerSound = false }
    }
    if isOne(in: 3) { input.client = [.halfCloses, .halfCloses, .closes, .resets, .resets][pick(0...4)] }
    input.answersEarly = isOne(in: 10)
    input.waitsForGateway = isOne(in: 200)
    input.requestCuts = cuts(of: input.request, &generator)
    input.answerCuts = cuts(of: input.answer, &generator)
    input.pause = [0, 0, 0, 30_000, 150_000][pick(0...4)]
    return input
  }

  /// Where to cut: nowhere, in a few places, or in many at the beginning.
  private static func cuts(of bytes: [UInt8], _ generator: inout SeededGenerator) -> [Int] {
    switch Int.random(in: 0...5, using: &generator) {
    case 0...1: []
    case 2...4:
      (0..<Int.random(in: 1...6, using: &generator)).map { _ in Int.random(in: 0...bytes.count, using: &generator) }
        .sorted()
    default: Array(0..<min(bytes.count, 24))
    }
  }

  private static let mutator = ByteMutator(
    words: tokens, changes: 1...3, partLimit: 8, spliceLimit: 200, insertsLines: true, cutsOff: true)

  /// One to three changes that know little of the form.
  private static func change(
    _ message: inout [UInt8], among others: [[UInt8]], keeping start: Int, _ generator: inout SeededGenerator
  ) {
    for _ in 0..<Int.random(in: mutator.changes, using: &generator) {
      // Heads are where most can go wrong.
      let isAnywhere = Int.random(in: 0...2, using: &generator) == 0
      let reach = isAnywhere ? message.count : min(message.count, 300)
      let place = Int.random(in: min(start, reach)...reach, using: &generator)
      mutator.change(&message, at: place, among: others, &generator)
    }
  }
}
