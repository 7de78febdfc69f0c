// personal-data-report: what the finders of personal data make of texts, for training/personal_data/evaluate.py, and how
// fast they are.
//
//   personal-data-report find < texts > spans    the grammars
//   personal-data-report time TEXTS              bytes a second of the grammars, over a file's text
//
// A line of input is a text in hexadecimal; a line of output its spans, `TYPE start end confidence` with semicolons between.

import Foundation
import Reading

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

let finder = PersonalDataFinder()
let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "find":
  while let line = readLine() {
    print(printed(bytes(hexadecimal: line).withUnsafeBytes { finder.find(in: $0) }))
  }
case "time":
  guard let path = arguments.dropFirst().first, let text = FileManager.default.contents(atPath: path) else {
    fatalError("name a file of text")
  }
  let clock = ContinuousClock()
  var best = Duration.seconds(1 << 20)
  var spans = 0
  for _ in 0..<7 {
    let start = clock.now
    // Pieces of 4 KiB, so that no bound on spans ends a pass.
    spans = text.withUnsafeBytes { text in
      stride(from: 0, to: text.count, by: 4096).reduce(0) { sum, offset in
        sum + finder.find(in: UnsafeRawBufferPointer(rebasing: text[offset..<min(offset + 4096, text.count)])).count
      }
    }
    best = min(best, clock.now - start)
  }
  print("\(text.count) bytes, \(spans) spans")
  print("figure personal_data_mb_per_s \((Double(text.count) / (best / .seconds(1)) / 1e5).rounded() / 10) MB/s")
default:
  fatalError("usage: personal-data-report find | time TEXTS")
}
