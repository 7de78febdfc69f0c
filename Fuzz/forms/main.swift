// Mutates JSON bodies and forms and checks that the finders of their model keep what they promise: nothing crashes, the
// verdict is the same however the body is cut, it is that of `Reference`, which reads the body whole, and a model that
// is found in a body that Foundation accepts is the one that Foundation sees.
//
//   swift run -c release forms-fuzz [--iterations N] [--seconds S] [--seed X]
//     [--corpus DIRECTORY] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1. Run it from the root of the package, or name the corpus. Files of the corpus that end with `.form` are forms
// with the boundary that `Checks` names, all others are JSON.

import Foundation

struct Options {
  var iterations = 100_000
  var seconds = Double.infinity
  var seed = UInt64.random(in: 0...UInt64(UInt32.max))
  var corpus = "Fuzz/forms/corpus"
  var artifacts = "."

  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst(), set(name, value) else {
        fail("usage: forms-fuzz [--iterations N] [--seconds S] [--seed X] [--corpus DIRECTORY] [--artifacts DIRECTORY]")
      }
    }
  }

  private mutating func set(_ name: String, _ value: String) -> Bool {
    switch name {
    case "--iterations": return Int(value).map { iterations = $0 } != nil
    case "--seconds": return Double(value).map { seconds = $0 } != nil
    case "--seed": return UInt64(value).map { seed = $0 } != nil
    case "--corpus": corpus = value
    case "--artifacts": artifacts = value
    default: return false
    }
    return true
  }
}

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(1)
}

let options = Options(Array(CommandLine.arguments.dropFirst()))
let files = ((try? FileManager.default.contentsOfDirectory(atPath: options.corpus)) ?? []).sorted()
let corpus = files.compactMap { file in
  FileManager.default.contents(atPath: options.corpus + "/" + file).map {
    Seed(bytes: [UInt8]($0), isForm: file.hasSuffix(".form"))
  }
}
if corpus.isEmpty { fail("\(options.corpus): no seed bodies; name their directory with --corpus") }

print("seed \(options.seed), \(corpus.count) seed bodies")
let start = Date()
var generator = SeededGenerator(seed: options.seed)
var tally = Tally()
var done = 0
for iteration in 0..<options.iterations {
  if iteration % 256 == 0, Date().timeIntervalSince(start) > options.seconds { break }
  let input = iteration < corpus.count ? corpus[iteration] : Mutation.mutated(corpus, &generator)
  do {
    try Checks.check(input, &tally, &generator)
  } catch {
    let path = "\(options.artifacts)/forms-fuzz-\(options.seed)-\(iteration)" + (input.isForm ? ".form" : ".json")
    let isWritten = FileManager.default.createFile(atPath: path, contents: Data(input.bytes))
    if !isWritten { print("\(path) cannot be written") }
    fail("seed \(options.seed), iteration \(iteration): \(error); the input is in \(path)")
  }
  done += 1
}
print("\(done) inputs, \(tally): no failure")
