import Signals

/// One signal family of a recipe: what its declared rules read, and what that cost.
public struct FamilyExplanation: Sendable, Equatable {
  /// Where the readings are from.
  public enum Source: Sendable, Equatable {
    /// Nothing that was decided depends on it.
    case notRead
    /// The text had been read before.
    case cache
    /// Read for this request, in so many nanoseconds; nil when nobody looked at a clock.
    case read(nanoseconds: UInt64?)
  }

  public var family: SignalFamily
  public var source: Source
  /// One a declared rule, in the order of the document; never empty.
  public var signals: [SignalExplanation]
}

/// One declared signal rule and what it read.
public struct SignalExplanation: Sendable, Equatable {
  public var family: SignalFamily
  public var name: String
  /// nil while its family was not read.
  public var reading: SignalReading?
  /// Whether some decision's rules ask for it.
  public var isUsed: Bool

  /// `type:name`, as rules, headers and traces write it.
  public var key: String { "\(family.ruleType):\(name)" }

  /// 0…1 when it matched.
  public var confidence: Double? {
    if case .matched(let confidence) = reading?.state { confidence } else { nil }
  }
}
