extension PersonalDataSpan {
  /// The spans of two finders as one list, in order, none overlapping: the surest first, others where they overlap none of the
  /// surer ones; of equals `formed` comes first.
  ///
  /// - Parameters:
  ///   - formed: what grammars found.
  ///   - names: what a tagger or a head found.
  public static func merging(_ formed: [PersonalDataSpan], _ names: [PersonalDataSpan]) -> [PersonalDataSpan] {
    var merged: [PersonalDataSpan] = []
    let ranked = (formed + names).enumerated().sorted {
      ($1.element.confidence, $0.offset) < ($0.element.confidence, $1.offset)
    }
    for (_, span) in ranked {
      // The first kept span that ends behind this one's start: where it goes, if they do not overlap.
      var low = 0
      var high = merged.count
      while low < high {
        let middle = (low + high) / 2
        if merged[middle].range.upperBound <= span.range.lowerBound { low = middle + 1 } else { high = middle }
      }
      if low == merged.count || merged[low].range.lowerBound >= span.range.upperBound { merged.insert(span, at: low) }
    }
    return merged
  }
}
