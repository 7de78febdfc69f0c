// Mutates metrics pages and checks that reading them keeps what it promises: nothing crashes whatever the bytes are, line
// ends and comments change nothing, a page that stands twice says twice as much, numbers are those of the standard
// library, and nothing that is published is negative, infinite or not a number.
//
//   swift run -c release metrics-fuzz [--iterations N] [--seconds S] [--seed X]
//     [--corpus DIRECTORY] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1. Run it from the root of the package, or name the corpus.

import FuzzCommand
import Seeded

let run = FuzzRun(
  "metrics-fuzz",
  options: ["--iterations N", "--seconds S", "--seed X", "--corpus DIRECTORY", "--artifacts DIRECTORY"])
let corpus = run.corpus(in: "Fuzz/metrics/corpus", of: "metrics pages").map(\.bytes)
run.printSeed(", \(corpus.count) pages")
var generator = SeededGenerator(seed: run.seed)
var tally = Tally()
let done = run.repeatUntilOver { iteration in
  let input = iteration < corpus.count ? corpus[iteration] : Mutation.mutated(corpus, &generator)
  run.check(input, iteration: iteration) {
    try Checks.check(input, &tally)
    try Checks.checkNumber(Mutation.number(&generator))
  }
}
print("\(done) inputs, \(tally): no failure")
