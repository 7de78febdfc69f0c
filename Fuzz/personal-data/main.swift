// Feeds random texts, made of pieces of personal data, to the finders, and checks what they promise: nothing crashes, spans
// rise, lie in the text and do not overlap, a text read twice reads the same, a redacted text comes back.
//
//   swift run -c release personal-data-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1.

import FuzzCommand
import Reading
import Seeded

let pieces = [
  "ada@example.org", "4111 1111 1111 1111", "DE89370400440532013000", "10.0.0.1", "2001:db8::1", "123-45-6789",
  "+1 (415) 555-0100x12", "https://www.example.com", "94105", "221b Baker Street", "2024-05-06T07:08", "82-year-old",
  "Dr. Ada", "March 5th, 2020", "driver's license A1234567", "ssn", "card", "call", "IBAN ", "I'm ", "ZIP ", "TX ",
  "P.O. Box 1",
  "Hauptstra\u{DF}e 5", "12 rue de", ".", "@", ":", "::", "-", "/", "(", ")", "+", " ", "\n", "'", "\u{201C}", "\u{E9}",
  "\u{65E5}\u{672C}", "\u{1F642}", "0", "1", "9", "x", "A", "<PERSON_1>", "<",
].map { Array($0.utf8) }

func randomText(_ generator: inout SeededGenerator) -> [UInt8] {
  var text: [UInt8] = []
  for _ in 0..<(generator.next() % 20) {
    switch generator.next() % 10 {
    case 0: text.append(UInt8(truncatingIfNeeded: generator.next()))
    case 1: for _ in 0..<(generator.next() % 30) { text.append(0x30 + UInt8(generator.next() % 10)) }
    case 2:
      // A piece cut or changed somewhere.
      var piece = pieces[Int(generator.next() % UInt64(pieces.count))]
      piece[Int(generator.next() % UInt64(piece.count))] = UInt8(truncatingIfNeeded: generator.next())
      text += piece.prefix(1 + Int(generator.next() % UInt64(piece.count)))
    default: text += pieces[Int(generator.next() % UInt64(pieces.count))]
    }
  }
  return text
}

func check(_ spans: [PersonalDataSpan], of text: [UInt8]) throws {
  var end = 0
  for span in spans {
    guard span.range.lowerBound >= end, !span.range.isEmpty, span.range.upperBound <= text.count else {
      throw Broken("\(span.type) at \(span.range) behind \(end)")
    }
    guard span.confidence > 0, span.confidence <= 1 else { throw Broken("confidence \(span.confidence)") }
    end = span.range.upperBound
  }
}

let run = FuzzRun(
  "personal-data-fuzz", options: ["--iterations N", "--seconds S", "--seed X", "--artifacts DIRECTORY"])
let finder = PersonalDataFinder()
let tagger = try NameTagger.bundled()
let head = try NameHead.bundled(with: tagger)
run.printSeed()
var generator = SeededGenerator(seed: run.seed)
var found = 0
let done = run.repeatUntilOver { iteration in
  let text = randomText(&generator)
  run.check(text, iteration: iteration) {
    let spans = text.withUnsafeBytes { finder.find(in: $0) }
    try check(spans, of: text)
    guard text.withUnsafeBytes({ finder.find(in: $0) }) == spans else { throw Broken("read twice, it differs") }
    let names = text.withUnsafeBytes { tagger.find(in: $0) }
    try check(names, of: text)
    let starts = (0..<(generator.next() % 8)).map { _ in UInt32(generator.next() % UInt64(text.count + 3)) }.sorted()
    let ends = starts.map { $0 + UInt32(generator.next() % 6) }
    let vectors = [Float](repeating: Float(generator.next() % 100) / 50 - 1, count: starts.count * head.width)
    try check(text.withUnsafeBytes { head.find(in: $0, vectors: vectors, starts: starts, ends: ends) }, of: text)
    let redaction = text.withUnsafeBytes { Redaction($0, spans: spans + names, placeholder: .numbered) }
    let back = redaction.text.withUnsafeBytes { redaction.restored($0) }
    // A `<` of the text right before a placeholder-like end can read as one; such texts prove nothing.
    guard back == text || text.contains(UInt8(ascii: "<")) else { throw Broken("the redacted text does not come back") }
    found += spans.count + names.count
  }
}
print("\(done) inputs, \(found) spans: no failure")
