/// All that has been read of a request so far. A family that is nil has not been read, which is not the same as
/// 'unmatched': the decision engine asks for it when its outcome matters.
public struct SignalReadings: Sendable, Equatable {
  /// Empty where the family has not been read.
  private var families: [FamilyReading]
  /// A bit for each family that has been read.
  private var read: UInt64 = 0
  private static let unread = [FamilyReading](
    repeating: FamilyReading(readings: []), count: SignalFamily.allCases.count)

  public init() { families = Self.unread }

  public subscript(family: SignalFamily) -> FamilyReading? {
    get { isRead(family) ? families[Int(family.rawValue)] : nil }
    set {
      families[Int(family.rawValue)] = newValue ?? FamilyReading(readings: [])
      let bit = UInt64(1) << UInt64(family.rawValue)
      if newValue == nil { read &= ~bit } else { read |= bit }
    }
  }

  private func isRead(_ family: SignalFamily) -> Bool { read >> UInt64(family.rawValue) & 1 == 1 }

  /// What became of one rule, without its texts: for who asks often.
  public enum Outcome: Sendable, Equatable {
    /// Its family has not been read.
    case unread
    /// Confidence in 0…1.
    case matched(confidence: Double)
    case unmatched
    case failed
  }

  /// What became of one rule of a family. Copies nothing.
  ///
  /// - Parameter index: among the family's rules, in the order of the document.
  public func outcome(of index: Int, in family: SignalFamily) -> Outcome {
    guard isRead(family) else { return .unread }
    switch families[Int(family.rawValue)].readings[index].state {
    case .matched(let confidence): return .matched(confidence: confidence)
    case .unmatched: return .unmatched
    case .failed: return .failed
    }
  }

  /// The number that a predicate compares: the reading's own, else the confidence of a match. nil when there is none.
  /// Copies nothing.
  public func number(of index: Int, in family: SignalFamily) -> Double? {
    guard isRead(family) else { return nil }
    if let value = families[Int(family.rawValue)].readings[index].value { return value }
    if case .matched(let confidence) = families[Int(family.rawValue)].readings[index].state { return confidence }
    return nil
  }
}
