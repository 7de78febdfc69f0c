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
import FuzzCommand
import Seeded

let run = FuzzRun(
  "gateway-fuzz",
  options: ["--iterations N", "--seconds S", "--seed X", "--first N", "--artifacts DIRECTORY", "--patience S"])
let first = max(0, run.arguments.value("--first") ?? 0)
let patience = max(1, min(600, run.arguments.value("--patience") ?? 2.0))
run.printSeed()
do {
  let testbed = try await Testbed(timeFactor: max(1, Int(patience / 2)))
  var generator = SeededGenerator(seed: run.seed)
  var tally = Tally()
  let trial = Trial(testbed: testbed, patience: patience, descriptors: try Trial.restingDescriptors(testbed))
  var done = 0
  for _ in 0..<first { _ = Mutation.input(&generator) }
  for iteration in first..<max(first, run.iterations) {
    if run.isOver { break }
    let input = Mutation.input(&generator)
    do {
      try trial.run(input, &tally)
    } catch {
      run.fail(error, iteration: iteration, input: "\(error)\n\(input.report)".utf8)
    }
    done += 1
  }
  print("\(done) inputs in \(Int(run.elapsed)) s, \(tally)\nno failure")
  fflush(nil)
} catch {
  run.fail("\(error)")
}
