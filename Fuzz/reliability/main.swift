// Runs the seeded simulation of the pool, ejection, retry, hedging, shedding and drain machines: worlds of
// clients, event loops and misbehaving replicas in virtual time, promises checked after every step.
//
//   swift run -c release reliability-fuzz [--seed N] [--steps N | --seconds N]
//
// A world is determined by its seed. At a broken promise the seed and the step are printed and the command exits with 1;
// `--seed` with the printed one and `--steps 1` replays that world alone.

import Foundation
import FuzzCommand
import ReliabilitySimulation

let run = FuzzRun("reliability-fuzz", options: ["--seed N", "--steps N | --seconds N"], usageStatus: 2)
let steps = run.arguments.value("--steps") ?? (run.seconds.isFinite ? Int.max : 10_000_000)
run.printSeed()
var simulation = Simulation(seed: run.seed)
do {
  while simulation.tally.steps < steps, !run.isOver {
    try simulation.runWorld()
  }
} catch {
  print("\(error)\nreplay it: reliability-fuzz --seed \(error.seed) --steps 1")
  exit(1)
}
print(simulation.tally)
