/// A promise that a run broke. Its world is replayed by its seed.
public struct SimulationFailure: Error, CustomStringConvertible {
  public var seed: UInt64
  public var step: Int
  public var message: String

  public var description: String { "world \(seed), step \(step): \(message)" }
}
