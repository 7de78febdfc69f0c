import RouterConfig
import Signals

/// One decision's rule tree as it was evaluated.
public struct DecisionTrace: Sendable, Equatable {
  public var name: String
  public var priority: Int
  public var tier: Int
  public var root: RuleTrace
  public var isChosen: Bool
}

/// A node of an evaluated rule tree.
public struct RuleTrace: Sendable, Equatable {
  public enum Kind: String, Sendable { case and, or, not, leaf, always }
  public enum Result: String, Sendable { case matched, unmatched, failed, unread }

  public var kind: Kind
  /// A leaf's type and name; empty for the other kinds.
  public var signalType: String
  public var signalName: String
  public var label: String?
  public var result: Result
  /// 0 unless matched.
  public var confidence: Double
  public var children: [RuleTrace]
}

extension DecisionEngine {
  /// The rule tree of every decision over what was read.
  public func trace(_ readings: SignalReadings, chosen: Int?) -> [DecisionTrace] {
    decisions.indices.map { index in
      DecisionTrace(
        name: decisions[index].name, priority: decisions[index].priority, tier: decisions[index].tier,
        root: rules.trace(of: index, readings), isChosen: index == chosen)
    }
  }
}

extension RuleProgram {
  func trace(of tree: Int, _ readings: SignalReadings) -> RuleTrace { trace(at: roots[tree], readings) }

  private func trace(at index: Int, _ readings: SignalReadings) -> RuleTrace {
    var trace = RuleTrace(
      kind: .always, signalType: "", signalName: "", label: nil, result: .unread, confidence: 0, children: [])
    switch nodes.withUnsafeBufferPointer({ Self.outcome($0, at: index, readings) }) {
    case .matched(let confidence):
      trace.result = .matched
      trace.confidence = confidence
    case .unmatched: trace.result = .unmatched
    case .failed: trace.result = .failed
    case .unread: trace.result = .unread
    }
    switch nodes[index] {
    case .always: break
    case .leaf, .unavailable: if let leaf = texts[index] { trace.describe(leaf) }
    case .and: trace.kind = .and
    case .or: trace.kind = .or
    case .not: trace.kind = .not
    }
    trace.children = children(of: index).map { self.trace(at: $0, readings) }
    return trace
  }
}

extension RuleTrace {
  fileprivate mutating func describe(_ leaf: RuleLeaf) {
    kind = .leaf
    signalType = leaf.type
    signalName = leaf.name
    label = leaf.label
  }
}
