/// What the features of a text add up to, of which a ``LinearModel`` makes scores.
struct FeatureTotals {
  /// Of words and pairs: the integer sum of weights a lane.
  let words: SIMD16<Int32>
  /// The same of n-grams.
  let grams: SIMD16<Int32>
  /// What brings the sums of words and pairs to scale; 0 without any.
  let wordFactor: Double
  /// The same of n-grams.
  let gramFactor: Double
}
