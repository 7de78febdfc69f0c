/// Worlds one after the other: each draws its settings from its own seed, runs for some steps, is asked to stop, and must
/// end with every counter at zero.
public struct Simulation {
  /// Steps after which a world is drained and a new one begins.
  public static let stepsPerWorld = 25_000

  public private(set) var tally = SimulationTally()
  private var nextSeed: UInt64

  /// - Parameter seed: of the first world; the following ones count up from it.
  public init(seed: UInt64) { nextSeed = seed }

  /// Runs one world.
  ///
  /// - Throws: ``SimulationFailure`` at the first promise that is broken.
  public mutating func runWorld(steps: Int = Simulation.stepsPerWorld) throws(SimulationFailure) {
    let world = World(seed: nextSeed, tally: tally)
    nextSeed &+= 1
    try world.run(steps: steps)
    tally = world.tally
    tally.worlds += 1
  }

  /// Runs worlds until that many steps are done in all.
  public mutating func run(steps: Int) throws(SimulationFailure) {
    while tally.steps < steps { try runWorld(steps: min(Self.stepsPerWorld, steps - tally.steps)) }
  }
}
