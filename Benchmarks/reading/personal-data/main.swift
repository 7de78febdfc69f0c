// personal-data-report: what the finders of personal data make of texts, for training/personal_data/evaluate.py, and how
// fast they are.
//
//   personal-data-report find < texts > spans          the grammars
//   personal-data-report names < texts > spans         the tagger of names
//   personal-data-report head MODEL < texts > spans    the head on the vectors of a packed all-MiniLM-L6-v2
//   personal-data-report all [MODEL] < texts > spans   grammars and names merged, as the `pii` signal is read; without MODEL
//                                                      without the head
//   personal-data-report time TEXTS                    bytes a second of grammars and tagger, over a file's text
//
// A line of input is a text in hexadecimal; a line of output its spans, `TYPE start end confidence` with semicolons between.

import Foundation
import Reading
import TextEncoder

func bytes(hexadecimal line: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var high: UInt8?
  for digit in line.utf8 {
    let value = digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57
    if let first = high {
      bytes.append(first << 4 | value)
      high = nil
    } else {
      high = value
    }
  }
  return bytes
}

func printed(_ spans: [PersonalDataSpan]) -> String {
  spans.map {
    "\($0.type.rawValue) \($0.range.lowerBound) \($0.range.upperBound) \(($0.confidence * 1e4).rounded() / 1e4)"
  }.joined(separator: ";")
}

/// CPU time of this thread in seconds: waiting for a busy machine does not count.
func threadTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Prints how fast a finder reads pieces of 4 KiB: the best of seven passes over a text.
func measure(_ name: String, _ text: Data, _ find: (UnsafeRawBufferPointer) -> Int) {
  var best = Double.infinity
  var spans = 0
  for _ in 0..<7 {
    let start = threadTime()
    spans = text.withUnsafeBytes { text in
      stride(from: 0, to: text.count, by: 4096).reduce(0) { sum, offset in
        sum + find(UnsafeRawBufferPointer(rebasing: text[offset..<min(offset + 4096, text.count)]))
      }
    }
    best = min(best, threadTime() - start)
  }
  print("\(text.count) bytes, \(spans) spans")
  print("figure \(name) \((Double(text.count) / best / 1e5).rounded() / 10) MB/s")
}

let finder = PersonalDataFinder()
let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "find":
  while let line = readLine() {
    print(printed(bytes(hexadecimal: line).withUnsafeBytes { finder.find(in: $0) }))
  }
case "names":
  let tagger = try NameTagger.bundled()
  while let line = readLine() {
    print(printed(bytes(hexadecimal: line).withUnsafeBytes { tagger.find(in: $0) }))
  }
case "head":
  let head = try NameHead.bundled(with: try NameTagger.bundled())
  let encoder = try TransformerEncoder(
    PackedModel(path: arguments.dropFirst().first ?? ""), instructions: InstructionSet.best)
  let workspace = encoder.makeWorkspace()
  while let line = readLine() {
    let text = bytes(hexadecimal: line)
    let tokens = text.withUnsafeBytes { encoder.tokenizer.tokenize($0) }
    let count = min(tokens.count, 254)
    let ids = encoder.tokenizer.prefix + tokens.ids.prefix(count) + encoder.tokenizer.suffix
    encoder.run(ids, capturing: head.layer, workspace)
    let prefix = encoder.tokenizer.prefix.count
    let vectors = encoder.vectors(prefix..<prefix + count, .captured, workspace)
    let spans = text.withUnsafeBytes {
      head.find(
        in: $0, vectors: vectors, starts: Array(tokens.starts.prefix(count)), ends: Array(tokens.ends.prefix(count)))
    }
    print(printed(spans))
  }
case "all":
  let encoder = try arguments.dropFirst().first.map { try TransformerEncoder(PackedModel(path: $0)) }
  let reader = try BundledPersonalDataReader(encoderWidth: encoder?.configuration.width)
  let options = EncodingOptions(capturedLayer: BundledPersonalDataReader.capturedLayer)
  let workspace = encoder?.makeWorkspace(capacity: options.window)
  while let line = readLine() {
    let text = bytes(hexadecimal: line)
    var encoding = PromptEncoding.absent
    if let encoder, let workspace, let read = text.withUnsafeBytes({ encoder.encode($0, options, workspace) }) {
      encoding = .read(read)
    }
    print(printed(reader.find(in: text, encoding)))
  }
case "time":
  guard let path = arguments.dropFirst().first, let text = FileManager.default.contents(atPath: path) else {
    fatalError("name a file of text")
  }
  measure("personal_data_mb_per_s", text) { finder.find(in: $0).count }
  let tagger = try NameTagger.bundled()
  measure("names_mb_per_s", text) { tagger.find(in: $0).count }
default:
  fatalError("usage: personal-data-report find | names | head MODEL | all [MODEL] | time TEXTS")
}
