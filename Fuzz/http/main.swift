// Mutates HTTP/1 requests and responses and checks that our codec keeps what it promises: nothing crashes, a message
// reads the same however it is cut, and whatever it takes NIOHTTP1's decoder takes too, with the same method, target,
// status, number of fields, length of body and end of message, but for the differences that `Oracle` states. What we
// refuse and NIOHTTP1 takes is no failure: we mean to be the stricter one.
//
//   swift run -c release http-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1.

import Foundation

struct Options {
  var iterations = 100_000
  var seconds = Double.infinity
  var seed = UInt64.random(in: 0...UInt64(UInt32.max))
  var artifacts = "."

  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst(), set(name, value) else {
        fail("usage: http-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]")
      }
    }
  }

  private mutating func set(_ name: String, _ value: String) -> Bool {
    switch name {
    case "--iterations": return Int(value).map { iterations = $0 } != nil
    case "--seconds": return Double(value).map { seconds = $0 } != nil
    case "--seed": return UInt64(value).map { seed = $0 } != nil
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
print("seed \(options.seed)")
let start = Date()
var generator = SeededGenerator(seed: options.seed)
var tally = Tally()
var done = 0
for iteration in 0..<options.iterations {
  if iteration % 256 == 0, Date().timeIntervalSince(start) > options.seconds { break }
  let kind = MessageKind.allCases[iteration % MessageKind.allCases.count]
  let seeds = kind == .request ? Mutation.requests : Mutation.responses
  let place = iteration / MessageKind.allCases.count
  let input = place < seeds.count ? seeds[place] : Mutation.mutated(seeds, &generator)
  do {
    try Checks.check(input, as: kind, &tally, &generator)
  } catch {
    let path = "\(options.artifacts)/http-fuzz-\(options.seed)-\(iteration)"
    let isWritten = FileManager.default.createFile(atPath: path, contents: Data(input))
    if !isWritten { print("\(path) cannot be written") }
    fail("seed \(options.seed), iteration \(iteration), \(kind.rawValue): \(error); the input is in \(path)")
  }
  done += 1
}
print("\(done) inputs, \(tally)\nno failure")
