/// Spans found so far, in order and without overlap.
struct SpanCollector {
  private(set) var spans: [PersonalDataSpan] = []

  var isFull: Bool { spans.count >= PersonalDataFinder.spanLimit }

  /// Adds a span that ends no earlier than the last. Where it overlaps others, the surer side stays, of equals the longer.
  mutating func add(_ match: GrammarMatch) {
    let span = PersonalDataSpan(type: match.type, range: match.range, confidence: match.confidence)
    var first = spans.count
    while first > 0, spans[first - 1].range.upperBound > span.range.lowerBound { first -= 1 }
    let overlapped = spans[first...]
    let isWeaker = overlapped.contains {
      $0.confidence > span.confidence || $0.confidence == span.confidence && $0.range.count > span.range.count
    }
    if isWeaker { return }
    spans.removeSubrange(first...)
    spans.append(span)
  }
}
