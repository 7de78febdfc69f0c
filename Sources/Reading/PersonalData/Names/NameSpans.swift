/// Turns scores of words into spans of names.
enum NameSpans {
  /// - Parameter scores: a row of ``NameLabel/count`` a word.
  /// - Returns: runs of words with the same likeliest label, with the mean probability of the label as confidence. A gap of
  ///   more than one byte ends a run. Marks at a run's ends do not count.
  static func spans(_ words: NameWords, scores: [Float]) -> [PersonalDataSpan] {
    var spans: [PersonalDataSpan] = []
    var run = Run()
    for (index, range) in words.ranges.enumerated() {
      let row = scores[index * NameLabel.count..<(index + 1) * NameLabel.count]
      let (label, probability) = likeliest(row)
      let shape = words.facts[index].shape
      let isWord = shape != .mark && shape != .newline
      if label != run.label || range.lowerBound - run.end > 1 {
        if let span = run.span { spans.append(span) }
        if spans.count >= PersonalDataFinder.spanLimit { return spans }
        run = Run()
        guard isWord else { continue }
        run.label = label
        run.start = range.lowerBound
      }
      run.take(range, probability, isWord: isWord)
    }
    if let span = run.span { spans.append(span) }
    return spans
  }

  /// Words with one label behind each other.
  private struct Run {
    var label = NameLabel.other
    var start = 0
    /// The end of the last word or mark.
    private(set) var end = 0
    private var wordEnd = 0
    private var sum = 0.0
    private var words = 0

    mutating func take(_ range: Range<Int>, _ probability: Double, isWord: Bool) {
      end = range.upperBound
      guard isWord else { return }
      wordEnd = range.upperBound
      sum += probability
      words += 1
    }

    var span: PersonalDataSpan? {
      guard let type = label.type else { return nil }
      return PersonalDataSpan(type: type, range: start..<wordEnd, confidence: sum / Double(words))
    }
  }

  /// The label of the highest score and its probability by a softmax; of no name none is computed.
  private static func likeliest(_ row: ArraySlice<Float>) -> (NameLabel, Double) {
    var best = row.startIndex
    for index in row.indices where row[index] > row[best] { best = index }
    guard best > row.startIndex else { return (.other, 0) }
    let sum = row.reduce(0.0) { $0 + RealFunctions.exp(Double($1 - row[best])) }
    return (NameLabel(rawValue: best - row.startIndex) ?? .other, 1 / sum)
  }
}
