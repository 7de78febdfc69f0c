// Mutates JSON documents and chat bodies and checks that the scanner, the facts and the edits keep what they promise:
// nothing crashes, verdicts are Foundation's but for the differences that `Oracle` states, walking agrees with
// validating, strings survive being unescaped and written again, edited bodies are what editing the parsed object
// gives, and a stream has the same events however it is cut.
//
//   swift run -c release json-fuzz [--iterations N] [--seconds S] [--seed X]
//     [--corpus DIRECTORY] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1. Run it from the root of the package, or name the corpus.

import FuzzCommand
import Seeded

let run = FuzzRun(
  "json-fuzz",
  options: ["--iterations N", "--seconds S", "--seed X", "--corpus DIRECTORY", "--artifacts DIRECTORY"])
let corpus = run.corpus(in: "Fuzz/json/corpus", of: "seed documents").map(\.bytes)
run.printSeed(", \(corpus.count) seed documents")
var generator = SeededGenerator(seed: run.seed)
var tally = Tally()
let done = run.repeatUntilOver { iteration in
  let input = iteration < corpus.count ? corpus[iteration] : Mutation.mutated(corpus, &generator)
  run.check(input, iteration: iteration) { try Checks.check(input, &tally, &generator) }
}
print("\(done) inputs, \(tally): no failure")
