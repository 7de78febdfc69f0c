import ReliabilitySimulation
import Testing

@Suite("The machines together, simulated") struct SimulationTests {
  @Test("a million steps break no promise and reach every kind of event")
  func million() throws {
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    print("simulation seed \(seed)")
    var simulation = Simulation(seed: seed)
    do {
      try simulation.run(steps: 1_000_000)
    } catch {
      Issue.record("\(error); replay it: reliability-fuzz --seed \(error.seed) --steps 1")
    }
    #expect(simulation.tally.reachedEverything, "\(simulation.tally)")
  }

  @Test("a seed determines its run")
  func determined() throws {
    var first = Simulation(seed: 7)
    var second = Simulation(seed: 7)
    try first.runWorld(steps: 3_000)
    try second.runWorld(steps: 3_000)
    #expect(first.tally.description == second.tally.description)
  }
}
