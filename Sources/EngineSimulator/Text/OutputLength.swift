/// How many tokens an answer in random mode has.
enum OutputLength {
  /// The buckets' cumulative probabilities; above the last the answer has exactly the permitted number of tokens.
  private static let cumulative = [0.2, 0.5, 0.7, 0.75, 0.85]

  /// A length in [1, maximum] by the original's histogram: 15 % of the answers use up the maximum; the others fall into
  /// five buckets, of equal size up to 101 tokens, else of 20 tokens but for the fourth, which takes what is left.
  ///
  /// | bucket | probability | maximum 101 | maximum 1 000 |
  /// |---|---|---|---|
  /// | 1 | 20 % | 1–20 | 1–20 |
  /// | 2 | 30 % | 21–40 | 21–40 |
  /// | 3 | 20 % | 41–60 | 41–60 |
  /// | 4 | 5 % | 61–80 | 61–980 |
  /// | 5 | 10 % | 81–100 | 981–1 000 |
  /// | – | 15 % | 101 | 1 000 |
  static func histogram(maximum: Int, random: inout SeededRandom) -> Int {
    if maximum <= 1 { return maximum }
    if maximum <= 6 { return random.integer(in: 1...maximum) }
    let draw = random.unit()
    guard let bucket = cumulative.firstIndex(where: { draw <= $0 }) else { return maximum }
    return random.integer(in: bounds(ofBucket: bucket, maximum: maximum))
  }

  /// The lengths of a bucket (0–4) for a maximum above 6.
  static func bounds(ofBucket bucket: Int, maximum: Int) -> ClosedRange<Int> {
    if maximum <= 101 {
      let size = Double(maximum - 1) / 5
      let low = Int(size * Double(bucket)) + 1
      return low...max(low, Int(size * Double(bucket + 1)))
    }
    switch bucket {
    case 3: return 61...(maximum - 20)
    case 4: return (maximum - 19)...maximum
    default: return (20 * bucket + 1)...(20 * bucket + 20)
    }
  }

  /// A length for a request without a maximum: normal with mean 40 and deviation 20, drawn again until it lies within
  /// [1, limit]; uniform when the limit is below 20.
  static func normal(limit: Int, random: inout SeededRandom) -> Int {
    guard limit >= 20 else { return limit <= 1 ? 1 : random.integer(in: 1...limit) }
    // Each draw succeeds in at least one of seven cases, so the bound is never met in practice.
    for _ in 0..<1000 {
      let length = Int((40 + 20 * random.gaussian()).rounded())
      if length >= 1, length <= limit { return length }
    }
    return min(40, limit)
  }
}
