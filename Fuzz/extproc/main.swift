// Feeds the external processor's readers with changed gRPC streams and protobuf messages, its sessions with exchanges in
// every mode and role, and its connections with HTTP/2 frames, sound and broken, and checks that nothing crashes and that
// they keep what they promise: a stream gives the same messages however it is cut, whatever the writer wrote is read as it
// was, a message cut short is never taken for a whole one, each message that wants a reply gets it in its turn, a peer that
// breaks a rule of HTTP/2 is told so and sound calls beside it are answered, and what was counted is given back.
//
//   swift run -c release extproc-fuzz [--iterations N] [--seconds S] [--seed X] [--artifacts DIRECTORY]
//
// A run is determined by its seed, which is printed. On a failure the input is written to a file and the command exits
// with 1.

import EnvoyWire
import FuzzCommand
import HTTP2Scripts
import Seeded

let run = FuzzRun("extproc-fuzz", options: ["--iterations N", "--seconds S", "--seed X", "--artifacts DIRECTORY"])
run.printSeed()
var generator = SeededGenerator(seed: run.seed)
var tally = Tally()
let sessions = try Sessions()
let connections = Connections(sessions)
let done = run.repeatUntilOver { iteration in
  let sound = Streams.sound(&generator)
  let stream = iteration % 4 == 0 ? sound : Streams.changed(sound, &generator)
  run.check(stream, iteration: iteration) {
    try Checks.check(stream, &tally, &generator)
    try sessions.check(&tally, &generator)
  }
  let script = HTTP2Script.next(of: Streams.requests, &generator)
  run.check(script.bytes, iteration: iteration) { try connections.check(script, &tally, &generator) }
}
print("\(done) inputs, \(tally)\nno failure")
