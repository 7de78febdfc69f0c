import Signals

/// What evaluating a rule tree over what has been read so far gives.
///
/// Four values, not two: a failed signal is neither matched nor unmatched, and a signal that nobody has read yet may
/// still change the outcome.
enum RuleOutcome: Sendable, Equatable {
  case matched(confidence: Double)
  case unmatched
  case failed
  /// Undecided until this family (the cheapest that matters) is read.
  case unread(SignalFamily)
}

extension RuleProgram {
  /// Evaluates a tree without allocating.
  ///
  /// - AND: unmatched as soon as a child is, whatever the others say; else unread, failed, or matched with the mean
  ///   confidence of its children. No children: matched with confidence 0.
  /// - OR: matched with the highest confidence of its matched children, the first on ties; failed when none matches
  ///   and one failed. It waits for unread children only while they could change confidence or winner.
  /// - NOT: turns matched and unmatched (confidence 1); over a failed child it is failed, so it does not match.
  func outcome(of tree: Int, _ readings: SignalReadings) -> RuleOutcome {
    nodes.withUnsafeBufferPointer { Self.outcome($0, at: roots[tree], readings) }
  }

  /// Evaluates the node at an index.
  static func outcome(_ nodes: UnsafeBufferPointer<Node>, at index: Int, _ readings: SignalReadings) -> RuleOutcome {
    var index = index
    return outcome(nodes, &index, readings)
  }

  /// Evaluates the node at an index, which becomes that of the node behind its last descendant.
  private static func outcome(
    _ nodes: UnsafeBufferPointer<Node>, _ index: inout Int, _ readings: SignalReadings
  ) -> RuleOutcome {
    let node = nodes[index]
    index += 1
    switch node {
    case .always: return .matched(confidence: 0)
    case .unavailable(let matchesOnError): return matchesOnError ? .matched(confidence: 1) : .failed
    case .leaf(let probe): return probe.outcome(readings)
    case .and(let end):
      defer { index = end }
      var sum = 0.0
      var count = 0.0
      var failed = false
      var unread: SignalFamily?
      while index < end {
        count += 1
        switch outcome(nodes, &index, readings) {
        case .matched(let confidence): sum += confidence
        case .unmatched: return .unmatched
        case .failed: failed = true
        case .unread(let family): unread = min(unread ?? family, family)
        }
      }
      if let unread { return .unread(unread) }
      if failed { return .failed }
      return .matched(confidence: count == 0 ? 0 : sum / count)
    case .or(let end):
      defer { index = end }
      var best: Double?
      var failed = false
      var unread: SignalFamily?
      while index < end {
        switch outcome(nodes, &index, readings) {
        case .matched(let confidence):
          if confidence > (best ?? -1) { best = confidence }
          // Nothing later exceeds 1, and nothing earlier is open: the winner is known.
          if confidence >= 1, unread == nil { return .matched(confidence: confidence) }
        case .unmatched: break
        case .failed: failed = true
        case .unread(let family): unread = min(unread ?? family, family)
        }
      }
      if let unread { return .unread(unread) }
      if let best { return .matched(confidence: best) }
      return failed ? .failed : .unmatched
    case .not:
      switch outcome(nodes, &index, readings) {
      case .matched: return .unmatched
      case .unmatched: return .matched(confidence: 1)
      case .failed: return .failed
      case .unread(let family): return .unread(family)
      }
    }
  }

  /// The index behind the last descendant of the node at an index.
  func end(of index: Int) -> Int {
    switch nodes[index] {
    case .always, .leaf, .unavailable: index + 1
    case .and(let end), .or(let end): end
    case .not: end(of: index + 1)
    }
  }

  /// Where the children of the node at an index begin.
  func children(of index: Int) -> [Int] {
    switch nodes[index] {
    case .always, .leaf, .unavailable: return []
    case .not: return [index + 1]
    case .and(let end), .or(let end):
      var children: [Int] = []
      var child = index + 1
      while child < end {
        children.append(child)
        child = self.end(of: child)
      }
      return children
    }
  }

  /// The leaves that made a matched tree match: all of an AND, the winning child of an OR, none of a NOT.
  func matchedRules(of tree: Int, _ readings: SignalReadings) -> [MatchedRule] {
    var rules: [MatchedRule] = []
    nodes.withUnsafeBufferPointer { collectMatched($0, at: roots[tree], readings, into: &rules) }
    return rules
  }

  private func collectMatched(
    _ nodes: UnsafeBufferPointer<Node>, at index: Int, _ readings: SignalReadings, into rules: inout [MatchedRule]
  ) {
    switch nodes[index] {
    case .always, .unavailable, .not: return
    case .leaf: if let leaf = texts[index] { rules.append(MatchedRule(type: leaf.type, name: leaf.name)) }
    case .and(let end):
      var child = index + 1
      while child < end {
        collectMatched(nodes, at: child, readings, into: &rules)
        child = self.end(of: child)
      }
    case .or(let end):
      var best: (child: Int, confidence: Double)?
      var child = index + 1
      while child < end {
        if case .matched(let confidence) = Self.outcome(nodes, at: child, readings),
          confidence > (best?.confidence ?? -1)
        {
          best = (child, confidence)
        }
        child = self.end(of: child)
      }
      if let best { collectMatched(nodes, at: best.child, readings, into: &rules) }
    }
  }
}

extension RuleProbe {
  /// A leaf with a predicate compares the reading's number (else its confidence) and matches with confidence 1.
  func outcome(_ readings: SignalReadings) -> RuleOutcome {
    let outcome = readings.outcome(of: index, in: family)
    if let predicate {
      switch outcome {
      case .unread: return .unread(family)
      case .failed: return matchesOnError ? .matched(confidence: 1) : .failed
      case .matched, .unmatched:
        guard let number = readings.number(of: index, in: family) else { return .unmatched }
        return predicate.holds(for: number) ? .matched(confidence: 1) : .unmatched
      }
    }
    switch outcome {
    case .unread: return .unread(family)
    case .matched(let confidence): return .matched(confidence: confidence)
    case .unmatched: return .unmatched
    case .failed: return .failed
    }
  }
}

/// A signal rule that helped a decision to match.
public struct MatchedRule: Sendable, Equatable, CustomStringConvertible {
  public var type: String
  public var name: String
  public var description: String { "\(type):\(name)" }
}
