import Balancing
import RouterConfig
import Routing
import Signals

extension RouteExplanation {
  /// How far a selection got, in the words of the evaluation API.
  public enum SelectionStatus: String, Sendable {
    /// A decision's model answers, or the one that the client named.
    case selected
    /// The default model answers.
    case fallback
    /// No replica of the model may be chosen.
    case unavailable
    /// The request is refused.
    case failed
  }

  public var selectionStatus: SelectionStatus {
    guard let choice else { return .failed }
    guard hasReplica || choice.kind == .ownAnswer else { return .unavailable }
    return choice.kind == .fallback ? .fallback : .selected
  }

  /// The answer of `POST /api/v1/eval`, with `edits`, `balancing`, `candidates`, `headers` and `notes` beside the semantic router's
  /// own keys.
  ///
  /// Families go by their key under `routing.signals`; single signals by `type:name`. `matched_signals` and
  /// `unmatched_signals` tell of every declared signal, `used_signals` of those in the rules of the decision taken, or of
  /// all decisions when none is.
  ///
  /// - Parameter includesTrace: with every decision's rule tree, as `?trace=true` asks for.
  public func evalJSON(includesTrace: Bool = false) -> JSONNode {
    var members: [(key: String, value: JSONNode)] = [
      ("original_text", .string(evaluationText)),
      ("requested_model", .optional(requestedModel)),
      ("recipe", .optional(recipe)),
      ("decision_result", decisionResult),
    ]
    if includesTrace { members.append(("eval_trace", .array(decisions.map(Self.trace)))) }
    members += [
      ("recommended_models", .strings(recommendedModels)),
      ("selected_model", .optional(choice?.kind == .ownAnswer ? nil : choice?.publicModel)),
      ("selection_status", .string(selectionStatus.rawValue)),
      ("selection_method", .string(selectionMethod)),
      ("selection_reason", .string(choice?.reason ?? refusal?.message ?? "")),
      ("routing_decision", .string(choice?.decision ?? "")),
      ("fast_response", .optional(choice?.ownAnswer)),
      ("metrics", .object(families.compactMap(Self.metrics))),
      ("signal_confidences", signalNumbers(\.confidence)),
      ("signal_values", signalNumbers(\.reading?.value)),
      ("signal_errors", signalErrors),
      ("edits", .array(edits.map(Self.edit))),
      ("balancing", balancing.map(Self.balancing) ?? .null),
      ("pair", pair.map(Self.pair) ?? .null),
      ("candidates", .array(candidates.map(Self.candidate))),
      ("headers", .object(headers.map { ($0.name, .string($0.value)) })),
      ("notes", .strings(notes)),
    ]
    return .object(members)
  }

  /// Signal names by family, of the signals that are so.
  public func signalNames(where isIncluded: (SignalExplanation) -> Bool) -> JSONNode {
    .object(
      families.compactMap { family in
        let names = family.signals.filter(isIncluded).map(\.name)
        return names.isEmpty ? nil : (family.family.documentKey, .strings(names))
      })
  }

  private func signalNumbers(_ number: (SignalExplanation) -> Double?) -> JSONNode {
    .object(signals.compactMap { signal in number(signal).map { (signal.key, .number($0)) } })
  }

  /// Why signals could not be read, by `type:name`.
  public var signalErrors: JSONNode {
    .object(
      signals.compactMap { signal in
        guard case .failed(let reason) = signal.reading?.state else { return nil }
        return (signal.key, .string(reason))
      })
  }

  /// Public names of the models that the decision taken would have answer, best first; the default when there is none.
  public var recommendedModels: [String] {
    guard let choice, choice.kind != .ownAnswer else { return [] }
    return choice.candidateModels.isEmpty ? [choice.publicModel] : choice.candidateModels
  }

  private var selectionMethod: String {
    switch choice?.kind {
    case .decision: choice?.algorithm ?? "static"
    case .fallback: "default_model"
    case .passThrough: "pass_through"
    case .ownAnswer: "fast_response"
    case nil: "none"
    }
  }

  private var decisionResult: JSONNode {
    guard recipe != nil else { return .null }
    let deciding = decisions.filter(\.trace.isChosen)
    var names: [(family: String, names: [String])] = []
    for leaf in (deciding.isEmpty ? decisions : deciding).flatMap(\.decision.rules.leaves) {
      let family = SignalFamily(ruleType: leaf.type)?.documentKey ?? leaf.type
      if let index = names.firstIndex(where: { $0.family == family }) {
        if !names[index].names.contains(leaf.name) { names[index].names.append(leaf.name) }
      } else {
        names.append((family, [leaf.name]))
      }
    }
    return .object([
      ("decision_name", .string(choice?.decision ?? "")),
      ("algorithm", .optional(choice?.declaredAlgorithm)),
      ("plugins", .strings(choice?.plugins ?? [])),
      ("used_signals", .object(names.map { ($0.family, .strings($0.names)) })),
      ("matched_signals", signalNames { $0.reading?.isMatched == true }),
      ("unmatched_signals", signalNames { $0.reading?.state == .unmatched }),
    ])
  }

  private static func metrics(_ family: FamilyExplanation) -> (key: String, value: JSONNode)? {
    let milliseconds: JSONNode
    switch family.source {
    case .notRead: return nil
    case .cache: milliseconds = .integer(0)
    case .read(let nanoseconds): milliseconds = nanoseconds.map { .number(Double($0) / 1e6) } ?? .null
    }
    return (
      family.family.documentKey,
      .object([
        ("execution_time_ms", milliseconds),
        ("confidence", .number(family.signals.compactMap(\.confidence).max() ?? 0)),
        ("from_cache", .boolean(family.source == .cache)),
      ])
    )
  }

  private static func trace(_ decision: DecisionExplanation) -> JSONNode {
    .object([
      ("decision_name", .string(decision.trace.name)),
      ("matched", .boolean(decision.trace.root.result == .matched)),
      ("confidence", .number(decision.trace.root.confidence)),
      ("root_trace", node(decision.trace.root)),
    ])
  }

  private static func node(_ trace: RuleTrace) -> JSONNode {
    var members: [(key: String, value: JSONNode)] = [
      ("node_type", .string(trace.kind.name))
    ]
    if trace.kind == .leaf {
      members.append(("signal_type", .string(trace.signalType)))
      members.append(("signal_name", .string(trace.signalName)))
      if let label = trace.label { members.append(("label", .string(label))) }
    }
    members.append(("matched", .boolean(trace.result == .matched)))
    members.append(("result", .string(trace.result.rawValue)))
    members.append(("confidence", .number(trace.confidence)))
    if !trace.children.isEmpty { members.append(("children", .array(trace.children.map(node)))) }
    return .object(members)
  }

  private static func edit(_ edit: BodyEdit) -> JSONNode {
    .object([
      ("member", .string(edit.member)),
      ("offset", .integer(edit.offset)),
      ("removed", .string(edit.removed)),
      ("removed_bytes", .integer(edit.removedBytes)),
      ("added", .string(edit.added)),
      ("added_bytes", .integer(edit.addedBytes)),
      ("before", .string(edit.before)),
      ("after", .string(edit.after)),
    ])
  }

  private static func balancing(_ balancing: StrategyExplanation) -> JSONNode {
    .object([
      ("strategy", .string(balancing.strategy)),
      ("decided_by", .string(balancing.decided)),
      ("shortfall", .optional(balancing.shortfall?.rawValue)),
      ("reason", .optional(balancing.reason)),
      ("profile", .optional(balancing.profile)),
      ("filter", balancing.filter.map(Self.filter) ?? .null),
    ])
  }

  private static func filter(_ filter: FilterExplanation) -> JSONNode {
    .object([
      ("selector", .string(filter.selector)),
      ("replicas_left", .integer(filter.left)),
      ("replicas", .integer(filter.all)),
    ])
  }

  private static func pair(_ pair: PairExplanation) -> JSONNode {
    .object([
      ("prefill", .string(pair.prefill)),
      ("prefill_address", .string(pair.prefillAddress)),
      ("decode", .string(pair.decode)),
      ("decode_address", .string(pair.decodeAddress)),
    ])
  }

  private static func candidate(_ candidate: CandidateScore) -> JSONNode {
    .object([
      ("replica", .string(candidate.replica)),
      ("address", .string(candidate.address)),
      ("eligible", .boolean(candidate.isEligible)),
      ("score", .number(candidate.score)),
      ("in_flight", .integer(candidate.inFlight)),
      ("weight", .integer(candidate.weight)),
      ("reason", .optional(candidate.reason)),
    ])
  }
}

extension RuleTrace.Kind {
  /// As documents write operators.
  var name: String {
    switch self {
    case .and: "AND"
    case .or: "OR"
    case .not: "NOT"
    case .leaf: "leaf"
    case .always: "always"
    }
  }
}
