/// How readily a request is shed when the gateway is near its limits.
public enum RequestPriority: UInt8, Sendable, Comparable, CaseIterable {
  case low, normal, high

  /// The part of a limit, in percent, at which requests of this priority are shed: 80, 95, 100.
  public var shedPercent: Int {
    switch self {
    case .low: 80
    case .normal: 95
    case .high: 100
    }
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The priority that a field's value names, in any case; ``normal`` for every other text.
  public init(fieldValue: String) {
    self =
      switch fieldValue.lowercased() {
      case "high": .high
      case "low": .low
      default: .normal
      }
  }
}
