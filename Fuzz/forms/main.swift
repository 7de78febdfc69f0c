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

import FuzzCommand
import Seeded

let run = FuzzRun(
  "forms-fuzz",
  options: ["--iterations N", "--seconds S", "--seed X", "--corpus DIRECTORY", "--artifacts DIRECTORY"])
let corpus = run.corpus(in: "Fuzz/forms/corpus", of: "seed bodies").map {
  Seed(bytes: $0.bytes, isForm: $0.name.hasSuffix(".form"))
}
run.printSeed(", \(corpus.count) seed bodies")
var generator = SeededGenerator(seed: run.seed)
var tally = Tally()
let done = run.repeatUntilOver { iteration in
  let input = iteration < corpus.count ? corpus[iteration] : Mutation.mutated(corpus, &generator)
  run.check(input.bytes, iteration: iteration, suffix: input.isForm ? ".form" : ".json") {
    try Checks.check(input, &tally, &generator)
  }
}
print("\(done) inputs, \(tally): no failure")
