// Makes label selectors and checks that they mean what they were made from, then mutates them and checks that reading them keeps
// what it promises: nothing crashes whatever the bytes are, an error's place lies in the text, what was read reads the same when
// it is written anew, and of many replicas the same are taken as one by one.
//
//   swift run -c release selector-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1.

import FuzzCommand
import Seeded

let run = FuzzRun("selector-fuzz", options: ["--iterations N", "--seconds S", "--seed X", "--artifacts DIRECTORY"])
run.printSeed()
var generator = SeededGenerator(seed: run.seed)
var tally = Tally()
let mutator = ByteMutator(words: Made.words, partLimit: 6, spliceLimit: 20, byteLimit: 5_000)
var others = [Array("tier=gold,zone in (a,b),!draining".utf8)]
let done = run.repeatUntilOver { iteration in
  let made = Made(&generator)
  let text = Array(made.text.utf8)
  run.check(text, iteration: iteration) { try made.check() }
  let changed = mutator.changed(text, among: others, &generator)
  run.check(changed, iteration: iteration, place: ", changed") { try Checks.check(changed, &tally, &generator) }
  if others.count < 64 { others.append(text) } else { others[iteration % 64] = text }
}
print("\(done) selectors, \(tally): no failure")
