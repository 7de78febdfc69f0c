import Fleet
import FuzzCommand
import Seeded

/// A selector that was made part by part, and so is known without being read.
struct Made {
  static let words = [
    "=", "==", "!=", "!", " in ", " notin ", "(", ")", ",", ">", "<", "a", "example.com/tier", "1", " ",
  ]
  .map { Array($0.utf8) }
  private static let keys = ["a", "tier", "example.com/tier", "in", "notin", "A_b.c-d", "9"]
  private static let values = ["", "a", "gold", "in", "1", "40", "100", "x_y.z-1"]

  let text: String
  /// What each part says of a replica's labels.
  private let holds: [([String: String]) -> Bool]
  private let trials: [[String: String]]

  init(_ generator: inout SeededGenerator) {
    var parts: [String] = []
    var holds: [([String: String]) -> Bool] = []
    for _ in 0..<Int.random(in: 0...5, using: &generator) {
      let (part, test) = Self.part(&generator)
      parts.append(part)
      holds.append(test)
    }
    text = parts.joined(separator: ",")
    self.holds = holds
    trials = (0..<8).map { _ in Self.labels(&generator) }
  }

  static func labels(_ generator: inout SeededGenerator) -> [String: String] {
    var labels: [String: String] = [:]
    for key in keys where Bool.random(using: &generator) { labels[key] = pick(values, &generator) }
    return labels
  }

  func check() throws {
    let selector = try LabelSelector(parsing: text)
    for labels in trials {
      let expected = holds.allSatisfy { $0(labels) }
      guard selector.matches(labels) == expected else { throw Broken("\(labels) should match: \(expected)") }
    }
  }

  private static func pick(_ from: [String], _ generator: inout SeededGenerator) -> String {
    from[Int.random(in: 0..<from.count, using: &generator)]
  }

  private static func part(_ generator: inout SeededGenerator) -> (String, ([String: String]) -> Bool) {
    let key = pick(keys, &generator)
    let value = pick(values, &generator)
    let other = pick(values, &generator)
    let bound = Int.random(in: 0...120, using: &generator)
    func space() -> String { pick(["", " ", "\t "], &generator) }
    let (before, between, after) = (space(), space(), space())
    // White space is passed over everywhere but within words.
    func text(_ operation: String, _ rest: String) -> String {
      before + key + between + operation + after + rest + between
    }
    switch Int.random(in: 0...8, using: &generator) {
    case 0: return (text("=", value), { $0[key] == value })
    case 1: return (text("==", value), { $0[key] == value })
    case 2: return (text("!=", value), { $0[key] != value })
    case 3: return (before + key + after, { $0[key] != nil })
    case 4: return (before + "!" + between + key + after, { $0[key] == nil })
    case 5: return (text(">", "\(bound)"), { $0[key].flatMap { Int($0) } ?? .min > bound })
    case 6: return (text("<", "\(bound)"), { $0[key].flatMap { Int($0) } ?? .max < bound })
    case 7:
      return (text(" in ", "(\(value)\(after),\(other))"), { $0[key].map { $0 == value || $0 == other } ?? false })
    default: return (text(" notin ", "(\(value),\(after)\(other))"), { $0[key] != value && $0[key] != other })
    }
  }
}
