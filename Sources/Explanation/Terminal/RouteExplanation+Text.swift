import Balancing
import RouterConfig
import Routing
import Signals

extension RouteExplanation {
  private typealias Span = TerminalText.Span

  /// The explanation for a terminal, ending with a line break.
  ///
  /// `✓` stands for matched, chosen or usable, `✗` for its opposite, `!` for failed and for notes, `·` for what nobody
  /// had to read. Control characters of the prompt are shown as escapes.
  ///
  /// - Parameters:
  ///   - colour: with ANSI colours; without, the marks alone tell.
  ///   - width: columns; longer lines are cut. At least 40 are used.
  public func text(colour: Bool, width: Int) -> String {
    var text = TerminalText(isColoured: colour, width: width)
    writeRequest(&text)
    writeAnswer(&text)
    writeNotes(&text)
    writeSignals(&text)
    writeDecisions(&text)
    writeEdits(&text)
    writeReplicas(&text)
    writeHeaders(&text)
    return text.output
  }

  // MARK: Sections

  private func writeRequest(_ text: inout TerminalText) {
    text.section("Request")
    let model = requestedModel.map { recipe == nil ? $0 : "\($0), which enters recipe \(recipe ?? "")" }
    var rows = [[Span("model", .dim), Span(model ?? "not given")]]
    if !evaluationText.isEmpty {
      // A terminal shows no more than a line of it.
      let start = evaluationText.utf8.count > 4096 ? String(evaluationText.unicodeScalars.prefix(1024)) : evaluationText
      rows.append([Span("text", .dim), Span(start)])
    }
    text.table(rows)
  }

  private func writeAnswer(_ text: inout TerminalText) {
    text.section("Answer")
    switch outcome {
    case .refused(let error):
      text.table(
        [[Span("refused", .dim), Span("\(error.status) \(error.code ?? error.type)", .bad)]]
          + Self.reasonRows(error.message, text))
    case .routed(let choice):
      var rows: [[Span]] = []
      func row(_ name: String, _ value: String, _ style: TerminalText.Style = .plain) {
        rows.append([Span(name, .dim), Span(value, style)])
      }
      if let decision = choice.decision {
        row("decision", "\(decision), confidence \(Decimals.text(choice.confidence, places: 2))", .good)
      } else if choice.kind == .fallback {
        row("decision", "none", .warning)
      }
      rows += Self.reasonRows(choice.reason, text)
      if !choice.matchedRules.isEmpty { row("matched", choice.matchedRules.map(\.description).joined(separator: ", ")) }
      if let own = choice.ownAnswer {
        row("answer", "the router's own: \(own)", .bold)
        return text.table(rows)
      }
      let model = choice.adapter.map { "\($0), an adapter of \(choice.model)" } ?? choice.model
      row("model", choice.kind == .fallback ? "\(model), the default" : model, .bold)
      if let usesReasoning = choice.usesReasoning { row("reasoning", usesReasoning ? "on" : "off") }
      if choice.injectsSystemPrompt { row("prompt", "a system prompt is put in") }
      text.table(rows)
    }
  }

  private func writeNotes(_ text: inout TerminalText) {
    guard !notes.isEmpty else { return }
    text.section("Notes")
    for note in notes {
      for (index, part) in Self.wrapped(TerminalWidth.printable(note), to: text.width - 4).enumerated() {
        text.line([Span(index == 0 ? "  ! " : "    ", .warning), Span(part)])
      }
    }
  }

  private func writeSignals(_ text: inout TerminalText) {
    guard !families.isEmpty else { return }
    text.section("Signals")
    var rows = [
      [Span(""), Span("rule", .dim), Span("confidence", .dim), Span("value", .dim), Span("cost", .dim), Span("")]
    ]
    for family in families {
      for (index, signal) in family.signals.enumerated() {
        let mark = Self.mark(signal)
        let detail = Self.detail(signal)
        rows.append([
          mark, Span(signal.key, mark.style == .dim ? .dim : .plain),
          Span(signal.confidence.map { Decimals.text($0, places: 2) } ?? ""),
          Span(signal.reading?.value.map(Decimals.short) ?? "", .dim),
          Span(index == 0 ? Self.cost(family.source) : "", .dim), detail,
        ])
      }
    }
    text.table(rows, rightAligned: [2, 3, 4])
  }

  private func writeDecisions(_ text: inout TerminalText) {
    guard !decisions.isEmpty else { return }
    text.section("Decisions")
    let rows = decisions.map { decision in
      let trace = decision.trace
      let (rule, root) = Self.unwrapped(decision.decision.rules, trace.root)
      let isLeaf = root.children.isEmpty
      return [
        Self.mark(root.result), Span(trace.name, trace.isChosen ? .bold : root.result == .matched ? .plain : .dim),
        Span(trace.tier > 0 ? "tier \(trace.tier)" : "", .dim), Span("priority \(trace.priority)", .dim),
        Span(root.result == .matched ? Decimals.text(trace.root.confidence, places: 2) : "", .plain),
        Span(isLeaf ? Self.label(rule, root) : root.kind.name, .dim), Span(trace.isChosen ? "← taken" : "", .good),
      ]
    }
    for (decision, row) in zip(decisions, TerminalText.aligned(rows, rightAligned: [4])) {
      text.line(row)
      let (rule, root) = Self.unwrapped(decision.decision.rules, decision.trace.root)
      writeChildren(rule, root, prefix: "    ", &text)
    }
  }

  private func writeChildren(_ rule: RuleNode, _ trace: RuleTrace, prefix: String, _ text: inout TerminalText) {
    for (index, pair) in zip(rule.children, trace.children).enumerated() {
      let isLast = index == trace.children.count - 1
      let (rule, child) = Self.unwrapped(pair.0, pair.1)
      let mark = Self.mark(child.result)
      text.line([
        Span(prefix + (isLast ? "└─ " : "├─ "), .dim), mark, Span(" "),
        Span(child.children.isEmpty ? Self.label(rule, child) : child.kind.name),
        Span(child.result == .matched ? "  \(Decimals.text(child.confidence, places: 2))" : "", .dim),
      ])
      writeChildren(rule, child, prefix: prefix + (isLast ? "   " : "│  "), &text)
    }
  }

  private func writeEdits(_ text: inout TerminalText) {
    guard choice != nil else { return }
    text.section("Edits to the body", edits.isEmpty ? "  none" : "  \(originalLength) → \(sentLength) bytes")
    for edit in edits {
      text.line([Span("  \(edit.member)"), Span(", at byte \(edit.offset)", .dim)])
      text.line([Span("      \(edit.before)‸\(edit.after)", .dim)])
      if !edit.removed.isEmpty {
        writeSnippet(edit.removed, bytes: edit.removedBytes, mark: "    − ", style: .bad, &text)
      }
      if !edit.added.isEmpty { writeSnippet(edit.added, bytes: edit.addedBytes, mark: "    + ", style: .good, &text) }
    }
  }

  /// A snippet on one line: its start, and its end when it does not fit.
  private func writeSnippet(
    _ snippet: String, bytes: Int, mark: String, style: TerminalText.Style, _ text: inout TerminalText
  ) {
    let shown = TerminalWidth.printable(snippet)
    let room = text.width - mark.count
    guard TerminalWidth.columns(of: shown) > room else { return text.line([Span(mark, style), Span(shown, style)]) }
    let size = "  (\(bytes) bytes)"
    let tail = String(shown.suffix(max(0, (room - size.count) / 5)))
    let head = TerminalWidth.truncated(shown, to: room - size.count - TerminalWidth.columns(of: tail))
    text.line([Span(mark, style), Span(head + tail, style), Span(size, .dim)])
  }

  private func writeReplicas(_ text: inout TerminalText) {
    guard let choice, !candidates.isEmpty else { return }
    text.section("Replicas of \(choice.model)", balancing.map { "  by \($0.strategy)" } ?? "")
    if let reason = balancing?.reason {
      for (index, part) in Self.wrapped(reason, to: text.width - 4).enumerated() {
        text.line([Span(index == 0 ? "  ! " : "    ", .warning), Span(part)])
      }
    }
    if let profile = balancing?.profile { text.line([Span("  profile ", .dim), Span(profile)]) }
    if let filter = balancing?.filter {
      text.line([Span("  filter ", .dim), Span("\(filter.selector) leaves \(filter.left) of \(filter.all) replicas")])
    }
    if let pair {
      text.line([Span("  prefill on ", .dim), Span(pair.prefill), Span(", decode on ", .dim), Span(pair.decode)])
    }
    var rows = [
      [
        Span(""), Span("replica", .dim), Span("address", .dim), Span("score", .dim), Span("in flight", .dim),
        Span("weight", .dim), Span(""),
      ]
    ]
    for candidate in candidates {
      rows.append([
        candidate.isEligible ? Span("✓", .good) : Span("✗", .bad), Span(candidate.replica), Span(candidate.address),
        Span(Decimals.text(candidate.score, places: 2)), Span("\(candidate.inFlight)"), Span("\(candidate.weight)"),
        Span(candidate.reason ?? "", .warning),
      ])
    }
    text.table(rows, rightAligned: [3, 4, 5])
  }

  private func writeHeaders(_ text: inout TerminalText) {
    guard !headers.isEmpty else { return }
    text.section("Headers of the answer")
    text.table(headers.map { [Span($0.name, .dim), Span($0.value)] })
  }

  // MARK: Pieces

  private static func reasonRows(_ reason: String, _ text: TerminalText) -> [[Span]] {
    wrapped(TerminalWidth.printable(reason), to: text.width - "  reasoning  ".count).enumerated().map { index, line in
      [Span(index == 0 ? "because" : "", .dim), Span(line)]
    }
  }

  private static func mark(_ signal: SignalExplanation) -> Span {
    switch signal.reading?.state {
    case .matched: Span("✓", .good)
    case .unmatched: Span("✗", .dim)
    case .failed: Span("!", .warning)
    case nil: Span("·", .dim)
    }
  }

  private static func mark(_ result: RuleTrace.Result) -> Span {
    switch result {
    case .matched: Span("✓", .good)
    case .unmatched: Span("✗", .dim)
    case .failed: Span("!", .warning)
    case .unread: Span("·", .dim)
    }
  }

  private static func detail(_ signal: SignalExplanation) -> Span {
    if case .failed(let reason) = signal.reading?.state { return Span(reason, .warning) }
    let parts = (signal.reading?.evidence ?? []) + (signal.isUsed ? [] : ["(no rule asks for it)"])
    return Span(parts.joined(separator: ", "), .dim)
  }

  private static func cost(_ source: FamilyExplanation.Source) -> String {
    switch source {
    case .notRead: "not read"
    case .cache: "cached"
    case .read(nil): ""
    case .read(let nanoseconds?): "\(Decimals.text(Double(nanoseconds) / 1000, places: 1)) µs"
    }
  }

  /// AND and OR of a single condition say no more than the condition.
  private static func unwrapped(_ rule: RuleNode, _ trace: RuleTrace) -> (RuleNode, RuleTrace) {
    var (rule, trace) = (rule, trace)
    while trace.kind == .and || trace.kind == .or, trace.children.count == 1, let child = rule.children.first {
      (rule, trace) = (child, trace.children[0])
    }
    return (rule, trace)
  }

  /// What a node without children asks for.
  private static func label(_ rule: RuleNode, _ trace: RuleTrace) -> String {
    switch rule {
    case .leaf(let leaf):
      var label = leaf.key
      if let name = leaf.label { label += " (\(name))" }
      if let predicate = leaf.predicate { label += " \(bounds(of: predicate))" }
      if SignalFamily(ruleType: leaf.type) == nil { label += " (this version does not read \(leaf.type) signals)" }
      return label
    case .always: return "every request"
    case .and, .or, .not: return trace.kind.name
    }
  }

  private static func bounds(of predicate: NumericPredicate) -> String {
    let bounds = [(">", predicate.gt), ("≥", predicate.gte), ("<", predicate.lt), ("≤", predicate.lte)]
    return bounds.compactMap { sign, bound in bound.map { "\(sign) \(Decimals.short($0))" } }.joined(separator: ", ")
  }

  /// Breaks a sentence between words; a word too long for a line gets one of its own.
  private static func wrapped(_ sentence: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in sentence.split(separator: " ") {
      if let line = lines.last, TerminalWidth.columns(of: line) + 1 + TerminalWidth.columns(of: String(word)) <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension RuleNode {
  var children: [RuleNode] {
    switch self {
    case .always, .leaf: []
    case .and(let children), .or(let children): children
    case .not(let child): [child]
    }
  }
}
