/// Turns a text's domain scores into probabilities, and lowers all of them where the text is about none of the domains.
///
/// The scores come of squared hinge losses, whose least loss is at 2p − 1 for a label of probability p. So a label's evidence
/// is `power · ln(ln(1 + e^(sharpness · (1 + score))))`, the smooth positive part of 1 + score to a power, plus what a head
/// adds. A softmax of the evidence gives p; with doubt q, the chance that the text is about none of them, the answer is
/// `(1 − q) · p + q / labels`: the likeliest label stays the likeliest, but is no longer sure.
///
/// q = 1 / (1 + e^−(none · N + head · H + best · B + constant)): N the linear model's score for *none*, H the head's (0 without
/// one), B the highest score of a label.
struct DomainCalibration: Sendable, Equatable {
  /// Floats in a file, in the order of the properties.
  static let floats = 6

  let power: Double
  let sharpness: Double
  let none: Double
  let head: Double
  let best: Double
  let constant: Double

  /// - Parameter values: ``floats`` values as the trainers write them.
  /// - Returns: nil if they are not finite, or power or sharpness is not positive.
  init?(_ values: [Float]) {
    guard values.count == Self.floats, values.allSatisfy(\.isFinite), values[0] > 0, values[1] > 0 else { return nil }
    power = Double(values[0])
    sharpness = Double(values[1])
    none = Double(values[2])
    head = Double(values[3])
    best = Double(values[4])
    constant = Double(values[5])
  }

  /// Probabilities of the labels, which add up to 1.
  ///
  /// - Parameters:
  ///   - scores: the linear model's.
  ///   - labels: how many.
  ///   - added: what the head adds a label; empty without one.
  ///   - headNone: the head's score for *none*.
  func probabilities(
    _ scores: DomainScores, labels: Int, added: [Double] = [], headNone: Double = 0
  ) -> TextClassification {
    var evidence = SIMD16<Double>()
    var (highest, best) = (-Double.infinity, -Double.infinity)
    for index in 0..<labels {
      evidence[index] = strength(scores.labels[index]) + (added.isEmpty ? 0 : added[index])
      highest = max(highest, evidence[index])
      best = max(best, scores.labels[index])
    }
    var sum = 0.0
    for index in 0..<labels {
      evidence[index] = RealFunctions.exp(evidence[index] - highest)
      sum += evidence[index]
    }
    let odds = none * scores.none + head * headNone + self.best * best + constant
    let doubt = 1 / (1 + RealFunctions.exp(-max(-30, min(30, odds))))
    let (share, floor) = ((1 - doubt) / sum, doubt / Double(labels))
    return TextClassification(
      probabilities: [Float](unsafeUninitializedCapacity: labels) { buffer, count in
        for index in 0..<labels { buffer.initializeElement(at: index, to: Float(evidence[index] * share + floor)) }
        count = labels
      })
  }

  private func strength(_ score: Double) -> Double {
    let steep = min(max(sharpness * (1 + score), -20), 700)
    return power * RealFunctions.log(RealFunctions.log(1 + RealFunctions.exp(steep)))
  }
}
