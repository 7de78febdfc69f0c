// Runs the seeded simulation of the pool, ejection, retry, hedging, shedding and drain machines without end: worlds of
// clients, event loops and misbehaving replicas in virtual time, promises checked after every step.
//
//   swift run -c release reliability-fuzz [--seed N] [--steps N | --seconds N]
//
// A world is determined by its seed. At a broken promise the seed and the step are printed and the command exits with 1;
// `--seed` with the printed one and `--steps 1` replays that world alone.

import Foundation
import ReliabilitySimulation

struct Options {
  var seed = UInt64.random(in: 0...UInt64(UInt32.max))
  var steps = 10_000_000
  var seconds = Double.infinity

  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst(), set(name, value) else {
        FileHandle.standardError.write(Data("usage: reliability-fuzz [--seed N] [--steps N | --seconds N]\n".utf8))
        exit(2)
      }
    }
  }

  private mutating func set(_ name: String, _ value: String) -> Bool {
    switch name {
    case "--seed": return UInt64(value).map { seed = $0 } != nil
    case "--steps": return Int(value).map { steps = $0 } != nil
    case "--seconds":
      steps = .max
      return Double(value).map { seconds = $0 } != nil
    default: return false
    }
  }
}

let options = Options(Array(CommandLine.arguments.dropFirst()))
print("seed \(options.seed)")
let start = Date()
var simulation = Simulation(seed: options.seed)
do {
  while simulation.tally.steps < options.steps, Date().timeIntervalSince(start) < options.seconds {
    try simulation.runWorld()
  }
} catch {
  print("\(error)\nreplay it: reliability-fuzz --seed \(error.seed) --steps 1")
  exit(1)
}
print(simulation.tally)
