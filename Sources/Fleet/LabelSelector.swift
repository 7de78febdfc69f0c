/// Which replicas a request may go to, by their labels: a label selector as Kubernetes writes it,
/// `tier=gold,zone!=b,gpu in (h100,h200),pool notin (batch),spot,!draining,memory>40`.
///
/// What the parts mean is what they mean in Kubernetes: `!=` and `notin` also take those without the key; `=`, `==`, `in`, `>`
/// and `<` do not. Plain value; matching never fails.
public struct LabelSelector: Sendable, Equatable, CustomStringConvertible {
  /// Bytes of a selector's text, its requirements, and the values of all of them, at most.
  public static let byteLimit = 4_096
  public static let requirementLimit = 64
  public static let valueLimit = 256

  public enum Operation: Sendable, Equatable {
    case isOneOf, isNoneOf
    case exists, isAbsent
    case isAbove, isBelow
  }

  /// One part between commas; all must hold.
  public struct Requirement: Sendable, Equatable {
    public var key: String
    public var operation: Operation
    /// One or more of ``Operation/isOneOf`` and ``Operation/isNoneOf``; none of others.
    public var values: [String] = []
    /// Of ``Operation/isAbove`` and ``Operation/isBelow``.
    public var bound = 0

    func holds(for labels: [String: String]) -> Bool {
      let value = labels[key]
      switch operation {
      case .isOneOf: return value.map(values.contains) ?? false
      case .isNoneOf: return !(value.map(values.contains) ?? false)
      case .exists: return value != nil
      case .isAbsent: return value == nil
      case .isAbove: return value.flatMap { Int($0) }.map { $0 > bound } ?? false
      case .isBelow: return value.flatMap { Int($0) }.map { $0 < bound } ?? false
      }
    }
  }

  /// None takes every replica.
  public let requirements: [Requirement]
  /// As it was given.
  let text: String

  /// - Throws: the first thing that is wrong, with its place.
  public init(parsing text: some StringProtocol) throws(LabelSelectorError) {
    var parser = LabelSelectorParser(Array(text.utf8))
    requirements = try parser.requirements()
    self.text = String(text)
  }

  /// Whether both mean the same, part by part.
  public static func == (one: LabelSelector, other: LabelSelector) -> Bool { one.requirements == other.requirements }

  public func matches(_ labels: [String: String]) -> Bool { requirements.allSatisfy { $0.holds(for: labels) } }

  /// The placements that it takes, in their order. Works each set of labels out once.
  public func filter(_ placements: [Placement]) -> [Placement] {
    var verdicts: [ObjectIdentifier: Bool] = [:]
    return placements.filter { placement in
      let id = ObjectIdentifier(placement.labels)
      if let known = verdicts[id] { return known }
      let isTaken = matches(placement.labels.values)
      verdicts[id] = isTaken
      return isTaken
    }
  }

  /// As it would be written; parses as an equal one.
  public var description: String {
    requirements.map { requirement in
      let key = requirement.key
      let values = requirement.values
      switch requirement.operation {
      case .isOneOf where values.count == 1: return "\(key)=\(values[0])"
      case .isNoneOf where values.count == 1: return "\(key)!=\(values[0])"
      case .isOneOf: return "\(key) in (\(values.joined(separator: ",")))"
      case .isNoneOf: return "\(key) notin (\(values.joined(separator: ",")))"
      case .exists: return key
      case .isAbsent: return "!\(key)"
      case .isAbove: return "\(key)>\(requirement.bound)"
      case .isBelow: return "\(key)<\(requirement.bound)"
      }
    }.joined(separator: ",")
  }
}

/// Why a text is no label selector.
public struct LabelSelectorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Bytes before the place.
  public var offset: Int
  /// What is wrong there, and what would be right.
  public var reason: String

  public init(offset: Int, reason: String) {
    self.offset = offset
    self.reason = reason
  }

  public var description: String { "at byte \(offset + 1): \(reason)" }
}
