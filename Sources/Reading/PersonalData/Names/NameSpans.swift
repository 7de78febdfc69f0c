/// Turns scores of words into spans of names.
enum NameSpans {
  /// - Parameter scores: a row of ``NameLabel/count`` a word.
  /// - Returns: runs of words with the same likeliest label, with the mean probability of the label times ``trust(_:_:_:_:)`` as
  ///   confidence. A gap of more than one byte ends a run. Marks at a run's ends do not count.
  static func spans(_ words: NameWords, of text: TextBytes, scores: [Float]) -> [PersonalDataSpan] {
    var spans: [PersonalDataSpan] = []
    var run = Run()
    for (index, range) in words.ranges.enumerated() {
      let row = scores[index * NameLabel.count..<(index + 1) * NameLabel.count]
      let (label, probability) = likeliest(row)
      let shape = words.facts[index].shape
      let isWord = shape != .mark && shape != .newline
      if label != run.label || range.lowerBound - run.end > 1 {
        if let span = run.span(text) { spans.append(span) }
        if spans.count >= PersonalDataFinder.spanLimit { return spans }
        run = Run()
        guard isWord else { continue }
        run.label = label
        run.start = range.lowerBound
      }
      run.take(range, probability, isWord: isWord)
    }
    if let span = run.span(text) { spans.append(span) }
    return spans
  }

  /// How far a mean probability is believed: a word alone less than several that say the same, least where a word of that type
  /// alone is seldom one. Chosen on exam questions of which no training and no figure is (`training/personal_data/README.md`).
  private static func trust(_ type: PersonalDataType, _ range: Range<Int>, words: Int, _ text: TextBytes) -> Double {
    // Half of `35.00` or of `2,000` is no house's number.
    if type == .streetAddress, cutsNumber(text, at: range.lowerBound) || cutsNumber(text, at: range.upperBound) {
      return 0.5
    }
    if words > 1 { return 1 }
    return (type == .person || type == .place) && range.count > 2 ? 0.92 : 0.9
  }

  /// Whether a place stands inside a number with a point or a comma, right before or behind that.
  private static func cutsNumber(_ text: TextBytes, at place: Int) -> Bool {
    [place, place - 1].contains { mark in
      (text[mark] == UInt8(ascii: ".") || text[mark] == UInt8(ascii: ",")) && text.isDigit(mark - 1)
        && text.isDigit(mark + 1)
    }
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

    func span(_ text: TextBytes) -> PersonalDataSpan? {
      guard let type = label.type else { return nil }
      let trust = NameSpans.trust(type, start..<wordEnd, words: words, text)
      return PersonalDataSpan(type: type, range: start..<wordEnd, confidence: trust * sum / Double(words))
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
