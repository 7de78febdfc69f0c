// Sends mutated requests through a whole gateway to engines that give mutated answers, in one process over loopback
// sockets, and checks that the gateway keeps what it promises: it does not crash, both sides get well-formed HTTP/1,
// sound requests with sound answers are served, a connection is answered or closed in time whatever comes, then all
// counters are back at nothing, a good request is served, no descriptor is left open, and in the end memory is about
// what it was after the first inputs.
//
//   swift run gateway-fuzz [--iterations N] [--seconds S] [--seed X] [--first N] [--artifacts DIRECTORY]
//     [--patience S] [--mode messages | --mode frames]
//
// A run's inputs are determined by its seed, which is printed; how the threads interleave is not. On a failure the
// input is written to a file and the command exits with 1; `--first` begins with the input of that number. `--patience`
// (2) are the seconds after which something that must happen counts as hanging; a larger one also lengthens the
// gateway's own timeouts, for slow builds. `--mode frames` sends HTTP/2 instead, frame by frame, sound and broken: what
// breaks one rule must end in the GOAWAY or RST_STREAM that RFC 9113 wants, and sound streams beside it are served.

import Foundation
import FuzzCommand
import HTTP2Scripts
import Seeded

let run = FuzzRun(
  "gateway-fuzz",
  options: [
    "--iterations N", "--seconds S", "--seed X", "--first N", "--artifacts DIRECTORY", "--patience S",
    "--mode messages | --mode frames",
  ])
let first = max(0, run.arguments.value("--first") ?? 0)
let patience = max(1, min(600, run.arguments.value("--patience") ?? 2.0))
let mode = run.arguments.value("--mode") ?? "messages"
guard ["messages", "frames"].contains(mode) else { run.fail("--mode is messages or frames, not \(mode)") }
let sendsFrames = mode == "frames"
run.printSeed()
do {
  let testbed = try await Testbed(timeFactor: max(1, Int(patience / 2)))
  var generator = SeededGenerator(seed: run.seed)
  var tally = Tally()
  let trial = Trial(testbed: testbed, patience: patience, descriptors: try Trial.restingDescriptors(testbed))
  for _ in 0..<first {
    _ = Mutation.input(&generator)
    if sendsFrames { _ = HTTP2Script.next(of: Corpus.framed, &generator) }
  }
  var memory = MemoryWatch()
  let done = run.repeatUntilOver(from: first, lookingEvery: 1) { iteration in
    memory.look(after: iteration - first)
    let input = Mutation.input(&generator)
    if sendsFrames {
      let script = HTTP2Script.next(of: Corpus.framed, &generator)
      do {
        try trial.run(script, as: input, &tally)
      } catch {
        run.fail(error, iteration: iteration, input: "\(error)\n\(script.report)\(input.report)".utf8)
      }
    } else {
      do {
        try trial.run(input, &tally)
      } catch {
        run.fail(error, iteration: iteration, input: "\(error)\n\(input.report)".utf8)
      }
    }
  }
  print("\(done) inputs in \(Int(run.elapsed)) s, \(sendsFrames ? tally.frames : tally.description)")
  if let report = memory.report(after: done) {
    print(report)
    if memory.hasGrown { run.fail("the memory has grown by more than \(MemoryWatch.allowance >> 20) MiB") }
  }
  print("no failure")
  fflush(nil)
} catch {
  run.fail("\(error)")
}
