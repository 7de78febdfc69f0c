// domain-report: what the domain reader makes of texts, as JSON lines, for training/domain_encoder/evaluate.py.
//
//   domain-report TEXTS [MODEL.packed]
//
// TEXTS has a JSON string a line. A line of the answer is {"linear": [p…], "both": [p…], "encoder": ms, "head": ms}: the
// probabilities in the order of the labels, without and with the encoder, and the CPU time of encoder and of the rest.

import Foundation
import Reading
import TextEncoder

/// CPU time of this thread, in milliseconds.
func threadTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

struct Line: Encodable {
  var linear: [Float]
  var both: [Float]?
  var encoder: Double?
  var head: Double?
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard let path = arguments.first, let data = FileManager.default.contents(atPath: path) else {
  FileHandle.standardError.write(Data("domain-report TEXTS [MODEL.packed]: a JSON string a line\n".utf8))
  exit(1)
}
let linear = try LinearDomainClassifier.bundled()
let reader = try DomainReader(
  linear, head: DomainHead.bundled(), capturedLayer: BundledPersonalDataReader.capturedLayer)
let encoder = try arguments.dropFirst().first.map { try TransformerEncoder(PackedModel(path: $0)) }
let options = EncodingOptions(capturedLayer: BundledPersonalDataReader.capturedLayer)
let workspace = encoder?.makeWorkspace(capacity: options.window)
let decoder = JSONDecoder()
let writer = JSONEncoder()
for line in data.split(separator: UInt8(ascii: "\n")) {
  let text = Array(try decoder.decode(String.self, from: line).utf8)
  var answer = Line(linear: try linear.classify(text, .absent).get().probabilities)
  if let encoder, let workspace {
    let start = threadTime()
    let read = text.withUnsafeBytes { encoder.encode($0, options, workspace) }
    let middle = threadTime()
    answer.both = try reader.classify(text, read.map { .read($0) } ?? .absent).get().probabilities
    answer.encoder = middle - start
    answer.head = threadTime() - middle
  }
  FileHandle.standardOutput.write(try writer.encode(answer) + Data("\n".utf8))
}
