/// Turns scores into probabilities such that a threshold means a rate of false alarms on benign prompts.
///
/// Each of risk and jailbreak has four knots: the scores that 50 %, 5 %, 1 % and 0.1 % of benign prompts reach. They become
/// the probabilities 0.05, 0.5, 0.7 and 0.9; between and beyond, the log-odds run straight. The score of a text of n
/// windows is first lowered by `penalty · ln n`.
///
/// P(jailbreak) is that of its score. P(benign) is 1 less the larger of the two. What is left is shared by the other two
/// labels as a softmax of their scores over ``temperature``.
struct GuardCalibration: Sendable, Equatable {
  /// Floats in a file: four knots and a penalty for risk, the same for jailbreak.
  static let floats = 10
  static let temperature = 0.25
  /// Log-odds of 0.05, 0.5, 0.7 and 0.9.
  static let odds: [Double] = [-2.9444389791664403, 0, 0.8472978603872037, 2.197224577336219]

  let riskKnots: [Double]
  let riskPenalty: Double
  let jailbreakKnots: [Double]
  let jailbreakPenalty: Double

  /// - Parameter values: ``floats`` values as the trainer writes them.
  /// - Returns: nil if they are not finite, not ascending, or a penalty is negative.
  init?(_ values: [Float]) {
    guard values.count == Self.floats, values.allSatisfy(\.isFinite) else { return nil }
    let doubles = values.map(Double.init)
    riskKnots = Array(doubles[0..<4])
    riskPenalty = doubles[4]
    jailbreakKnots = Array(doubles[5..<9])
    jailbreakPenalty = doubles[9]
    guard riskPenalty >= 0, jailbreakPenalty >= 0 else { return nil }
    for knots in [riskKnots, jailbreakKnots] {
      for index in 1..<knots.count where knots[index] <= knots[index - 1] { return nil }
    }
  }

  /// Probabilities of benign, jailbreak, harmful_request and toxicity.
  func probabilities(_ scores: GuardScores) -> TextClassification {
    let breadth = RealFunctions.log(Double(max(scores.windows, 1)))
    let jailbreak = Self.probability(scores.jailbreak - jailbreakPenalty * breadth, jailbreakKnots)
    let risk = max(jailbreak, Self.probability(scores.risk - riskPenalty * breadth, riskKnots))
    let share = 1 / (1 + RealFunctions.exp((scores.toxicity - scores.harmfulRequest) / Self.temperature))
    let rest = risk - jailbreak
    return TextClassification(probabilities: [
      Float(1 - risk), Float(jailbreak), Float(rest * share), Float(rest * (1 - share)),
    ])
  }

  private static func probability(_ score: Double, _ knots: [Double]) -> Double {
    var segment = 0
    while segment < knots.count - 2, score > knots[segment + 1] { segment += 1 }
    let slope = (odds[segment + 1] - odds[segment]) / (knots[segment + 1] - knots[segment])
    let value = odds[segment] + slope * (score - knots[segment])
    return 1 / (1 + RealFunctions.exp(-max(-30, min(30, value))))
  }
}
