// Mutates messages of KV events and loses, repeats and replays streams of them, and checks what is promised: reading
// never crashes and makes no more of a message than its bytes hold; whatever is lost, and whenever the engine begins
// anew, the consumer never believes in a block that the engine did not hold at the last event that was applied; and a
// stream without losses is known whole.
//
//   swift run -c release events-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the message is written to a file and the command exits
// with 1.

import FuzzCommand
import Seeded

let run = FuzzRun(
  "events-fuzz", options: ["--iterations N", "--seconds S", "--seed X", "--artifacts DIRECTORY"])
run.printSeed()
var generator = SeededGenerator(seed: run.seed)
var tally = Tally()
let done = run.repeatUntilOver { iteration in
  let input = Messages.mutated(&generator)
  run.check(input, iteration: iteration) {
    try Messages.check(input, &tally)
    try StreamTrial.check(&generator, &tally)
  }
}
print("\(done) messages and streams, \(tally): no failure")
