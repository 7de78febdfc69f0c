/// All that has been read of a request so far. A family that is nil has not been read, which is not the same as
/// 'unmatched': the decision engine asks for it when its outcome matters.
public struct SignalReadings: Sendable, Equatable {
  private var families: [FamilyReading?]

  public init() { families = Array(repeating: nil, count: SignalFamily.allCases.count) }

  public subscript(family: SignalFamily) -> FamilyReading? {
    get { families[Int(family.rawValue)] }
    set { families[Int(family.rawValue)] = newValue }
  }
}
