/// What reading one signal rule gave.
public struct SignalReading: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    /// Confidence in 0…1.
    case matched(confidence: Double)
    case unmatched
    /// The signal could not be read; rules see this as neither matched nor unmatched.
    case failed(reason: String)
  }
  public var state: State
  /// The number that predicates compare, where the family has one (a count, a token estimate, a probability); kept
  /// for unmatched rules too.
  public var value: Double?
  /// What matched, for people: keywords found, the language detected. Never the prompt's own text beyond the
  /// configured keywords.
  public var evidence: [String]

  public init(state: State, value: Double? = nil, evidence: [String] = []) {
    self.state = state
    self.value = value
    self.evidence = evidence
  }

  /// The evidence of a guard that matches because its reader failed.
  public static let readerFailed = "classification_error"

  /// The reader failed, whether the rule says so or matches for it.
  public var tellsFailure: Bool {
    if case .failed = state { return true }
    return evidence.first == Self.readerFailed
  }

  public var isMatched: Bool { if case .matched = state { true } else { false } }
}

/// One family read for one request: a reading for each declared rule, in the order of the document.
public struct FamilyReading: Sendable, Equatable {
  public var readings: [SignalReading]
  /// Time it took, in nanoseconds; 0 when it came from the cache of texts read before.
  public var nanoseconds: UInt64
  /// A sentence for the trace where something is worth saying, such as a fallback that was taken.
  public var note: String?
  /// Something that would have read better failed this time, so that the same text may read otherwise the next.
  public var isProvisional: Bool

  public init(
    readings: [SignalReading], nanoseconds: UInt64 = 0, note: String? = nil, isProvisional: Bool = false
  ) {
    self.readings = readings
    self.nanoseconds = nanoseconds
    self.note = note
    self.isProvisional = isProvisional
  }

  /// The same, said to be judged with less than there can be.
  ///
  /// - Parameter shortfall: why; nil: it is not.
  public func lessened(by shortfall: String?) -> FamilyReading {
    guard let shortfall else { return self }
    var reading = self
    reading.isProvisional = true
    reading.note = (note.map { "\($0); " } ?? "") + shortfall
    return reading
  }
}
