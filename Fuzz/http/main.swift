// Mutates HTTP/1 requests and responses and checks that our codec keeps what it promises: nothing crashes, a message
// reads the same however it is cut, and whatever it takes NIOHTTP1's decoder takes too, with the same method, target,
// status, number of fields, length of body and end of message, but for the differences that `Oracle` states. What we
// refuse and NIOHTTP1 takes is no failure: we mean to be the stricter one.
//
//   swift run -c release http-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1.

import FuzzCommand
import Seeded

let run = FuzzRun("http-fuzz", options: ["--iterations N", "--seconds S", "--seed X", "--artifacts DIRECTORY"])
run.printSeed()
var generator = SeededGenerator(seed: run.seed)
var tally = Tally()
let done = run.repeatUntilOver { iteration in
  let kind = MessageKind.allCases[iteration % MessageKind.allCases.count]
  let seeds = kind == .request ? Mutation.requests : Mutation.responses
  let place = iteration / MessageKind.allCases.count
  let input = place < seeds.count ? seeds[place] : Mutation.mutated(seeds, &generator)
  run.check(input, iteration: iteration, place: ", \(kind.rawValue)") {
    try Checks.check(input, as: kind, &tally, &generator)
  }
}
print("\(done) inputs, \(tally)\nno failure")
