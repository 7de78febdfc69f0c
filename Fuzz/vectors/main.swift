// Inserts, replaces and removes seeded vectors in a small index and a dictionary beside it, and checks what the index
// promises: looking at all finds what the dictionary has, the graph's edges go both ways and lead to what is there, memory
// stays bounded.
//
//   swift run -c release vector-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]
//
// An iteration is a sequence of 64 operations on a new index. A run is determined by its seed, which is printed. On a
// failure the sequence's shape is written to a file and the command exits with 1.

import FuzzCommand
import Seeded
import VectorIndex

let run = FuzzRun("vector-fuzz", options: ["--iterations N", "--seconds S", "--seed X", "--artifacts DIRECTORY"])
run.printSeed()
var tally = (results: 0, linked: 0)
let done = run.repeatUntilOver(lookingEvery: 16) { iteration in
  var trial = Trial(seed: run.seed &+ UInt64(iteration) &* 0x9E37_79B9)
  run.check("\(trial.options)".utf8, iteration: iteration) { try trial.run(&tally) }
}
// A run that compares nothing says nothing.
if done >= 100, tally.results == 0 || tally.linked == 0 { run.fail("\(tally): too little was compared") }
print("\(done) sequences, \(tally.results) results compared, \(tally.linked) entries linked: no failure")
