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

extension CompiledRule {
  /// Evaluates without allocating.
  ///
  /// - AND: unmatched as soon as a child is, whatever the others say; else unread, failed, or matched with the mean
  ///   confidence of its children. No children: matched with confidence 0.
  /// - OR: matched with the highest confidence of its matched children, the first on ties; failed when none matches
  ///   and one failed. It waits for unread children only while they could change confidence or winner.
  /// - NOT: turns matched and unmatched (confidence 1); over a failed child it is failed, so it does not match.
  func outcome(_ readings: SignalReadings) -> RuleOutcome {
    switch self {
    case .always: return .matched(confidence: 0)
    case .unavailable(let leaf): return leaf.onError == .match ? .matched(confidence: 1) : .failed
    case .leaf(let leaf): return leaf.outcome(readings)
    case .and(let children):
      var sum = 0.0
      var failed = false
      var unread: SignalFamily?
      for child in children {
        switch child.outcome(readings) {
        case .matched(let confidence): sum += confidence
        case .unmatched: return .unmatched
        case .failed: failed = true
        case .unread(let family): unread = min(unread ?? family, family)
        }
      }
      if let unread { return .unread(unread) }
      if failed { return .failed }
      return .matched(confidence: children.isEmpty ? 0 : sum / Double(children.count))
    case .or(let children):
      var best: Double?
      var failed = false
      var unread: SignalFamily?
      for child in children {
        switch child.outcome(readings) {
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
    case .not(let child):
      switch child.outcome(readings) {
      case .matched: return .unmatched
      case .unmatched: return .matched(confidence: 1)
      case .failed: return .failed
      case .unread(let family): return .unread(family)
      }
    }
  }

  /// Appends the leaves that made a matched tree match: all of an AND, the winning child of an OR, none of a NOT.
  func collectMatched(_ readings: SignalReadings, into rules: inout [MatchedRule]) {
    switch self {
    case .always, .unavailable, .not: return
    case .leaf(let leaf): rules.append(MatchedRule(type: leaf.leaf.type, name: leaf.leaf.name))
    case .and(let children): for child in children { child.collectMatched(readings, into: &rules) }
    case .or(let children):
      var best: (child: CompiledRule, confidence: Double)?
      for child in children {
        if case .matched(let confidence) = child.outcome(readings), confidence > (best?.confidence ?? -1) {
          best = (child, confidence)
        }
      }
      best?.child.collectMatched(readings, into: &rules)
    }
  }
}

extension CompiledLeaf {
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
