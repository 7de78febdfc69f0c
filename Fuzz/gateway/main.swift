// Sends mutated requests through a whole gateway to engines that give mutated answers, in one process over loopback
// sockets, and checks that the gateway keeps what it promises: it does not crash, both sides get well-formed HTTP/1,
// sound requests with sound answers are served, a connection is answered or closed in time whatever comes, then all
// counters are back at nothing, a good request is served, and no descriptor is left open.
//
//   swift run gateway-fuzz [--iterations N] [--seconds S] [--seed X] [--first N] [--artifacts DIRECTORY]
//     [--patience S]
//
// A run's inputs are determined by its seed, which is printed; how the threads interleave is not. On a failure the
// input is written to a file and the command exits with 1; `--first` begins with the input of that number. `--patience`
// (2) are the seconds after which something that must happen counts as hanging; a larger one also lengthens the
// gateway's own timeouts, for slow builds.

import Foundation

struct Options {
  var iterations = 100_000
  var seconds = Double.infinity
  var seed = UInt64.random(in: 0...UInt64(UInt32.max))
  var first = 0
  var artifacts = "."
  var patience = 2.0

  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst(), set(name, value) else {
        fail(
          "usage: gateway-fuzz [--iterations N] [--seconds S] [--seed X] [--first N] [--artifacts DIRECTORY] [--patience S]"
        )
      }
    }
  }

  private mutating func set(_ name: String, _ value: String) -> Bool {
    switch name {
    case "--iterations": return Int(value).map { iterations = $0 } != nil
    case "--seconds": return Double(value).map { seconds = $0 } != nil
    case "--seed": return UInt64(value).map { seed = $0 } != nil
    case "--first": return Int(value).map { first = max(0, $0) } != nil
    case "--artifacts": artifacts = value
    case "--patience": return Double(value).map { patience = max(1, min(600, $0)) } != nil
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
print("seed \(options.seed)")
// Known even if the process crashes.
fflush(nil)
let start = Date()
do {
  let testbed = try await Testbed(timeFactor: max(1, Int(options.patience / 2)))
  var generator = SeededGenerator(seed: options.seed)
  var tally = Tally()
  let trial = Trial(testbed: testbed, patience: options.patience, descriptors: try Trial.restingDescriptors(testbed))
  var done = 0
  for _ in 0..<options.first { _ = Mutation.input(&generator) }
  for iteration in options.first..<max(options.first, options.iterations) {
    if Date().timeIntervalSince(start) > options.seconds { break }
    let input = Mutation.input(&generator)
    do {
      try trial.run(input, &tally)
    } catch {
      let path = "\(options.artifacts)/gateway-fuzz-\(options.seed)-\(iteration)"
      let isWritten = FileManager.default.createFile(atPath: path, contents: Data("\(error)\n\(input.report)".utf8))
      if !isWritten { print("\(path) cannot be written") }
      fail("seed \(options.seed), iteration \(iteration): \(error); the input is in \(path)")
    }
    done += 1
  }
  print("\(done) inputs in \(Int(Date().timeIntervalSince(start))) s, \(tally)\nno failure")
  fflush(nil)
} catch {
  fail("\(error)")
}
