import Reliability
import Seeded
import Testing

@Suite("Success-rate outliers") struct SuccessRateOutliersTests {
  private func outliers(_ samples: [(Int, Int)], percent: Int = 50) -> [Int] {
    SuccessRateOutliers(maximumEjectionPercent: percent)
      .outliers(among: samples.map { .init(successes: $0.0, failures: $0.1 - $0.0) })
  }

  @Test("one replica against the others: the documented cases")
  func table() {
    #expect(outliers([(0, 10), (30, 30)]) == [0])
    #expect(outliers([(5, 10), (30, 30)]) == [0])
    #expect(outliers([(7, 10), (30, 30)]) == [])
    #expect(outliers([(28, 40), (120, 120)]) == [0])
    #expect(outliers([(90, 100), (300, 300)]) == [])
    #expect(outliers([(2, 10), (6, 30)]) == [])
  }

  @Test("of two replicas the worse is found, never both")
  func two() {
    #expect(outliers([(20, 20), (4, 20)]) == [1])
    #expect(outliers([(4, 20), (4, 20)]) == [])
  }

  @Test("two bad ones of four do not hide each other, the worse first")
  func masking() {
    #expect(outliers([(50, 50), (10, 50), (50, 50), (0, 50)]) == [3, 1])
  }

  @Test("three bad ones of four are ejected up to half, the fourth stays")
  func bound() {
    #expect(outliers([(0, 50), (50, 50), (0, 50), (0, 50)]).count == 2)
    #expect(!outliers([(0, 50), (50, 50), (0, 50), (0, 50)], percent: 100).contains(1))
  }

  @Test("a whole fleet that fails is not the replicas' fault")
  func allFail() {
    #expect(outliers([(0, 100), (0, 100), (0, 100)], percent: 100) == [])
    #expect(outliers([(50, 100), (52, 100), (45, 100)], percent: 100) == [])
  }

  @Test("too few requests say nothing, on either side")
  func volume() {
    #expect(outliers([(0, 9), (30, 30)]) == [])
    #expect(outliers([(0, 30), (9, 9)]) == [])
    #expect(outliers([(0, 0), (0, 0)]) == [])
    #expect(outliers([]) == [])
    #expect(outliers([(0, 100)], percent: 100) == [])
  }

  @Test("one may be out whatever the share, unless that is 0")
  func oneMay() {
    #expect(outliers([(20, 20), (4, 20)], percent: 40) == [1])
    #expect(outliers([(20, 40), (40, 40), (40, 40)], percent: 30) == [0])
    #expect(outliers([(0, 40), (0, 40), (40, 40)], percent: 30).count == 1)
    #expect(outliers([(20, 40), (40, 40), (40, 40)], percent: 0) == [])
  }

  @Test("those that are out already use up the bound")
  func alreadyOut() {
    let samples: [SuccessRateOutliers.Sample] = [
      .init(successes: 0, failures: 30), .init(successes: 30, failures: 0), .init(successes: 30, failures: 0),
      .init(successes: 0, failures: 0, isOut: true),
    ]
    #expect(SuccessRateOutliers().outliers(among: samples) == [0])
    #expect(SuccessRateOutliers(maximumEjectionPercent: 25).outliers(among: samples) == [])
  }

  @Test("how many may be out: the documented values")
  func limits() {
    let half = SuccessRateOutliers()
    #expect([1, 2, 3, 4, 5, 8].map { half.limit(ofReplicas: $0) } == [0, 1, 1, 2, 2, 4])
    let all = SuccessRateOutliers(maximumEjectionPercent: 100)
    #expect([0, 1, 2, 3, 4, 5, 8].map { all.limit(ofReplicas: $0) } == [0, 0, 1, 2, 3, 4, 7])
    #expect(SuccessRateOutliers(maximumEjectionPercent: 500).limit(ofReplicas: 4) == 3)
    #expect(SuccessRateOutliers(maximumEjectionPercent: -5).limit(ofReplicas: 4) == 0)
  }

  @Test("equal replicas with 10 % failures are left alone: at most 1 in 2 000 comparisons")
  func falseAlarms() {
    let seed: UInt64 = 20_261_125
    var random = SeededGenerator(seed: seed)
    var alarms = 0
    for _ in 0..<2_500 {
      let samples = (0..<4).map { _ in
        let failures = (0..<20).count { _ in UInt8.random(in: 0..<100, using: &random) < 10 }
        return SuccessRateOutliers.Sample(successes: 20 - failures, failures: failures)
      }
      alarms += SuccessRateOutliers().outliers(among: samples).count
    }
    #expect(alarms <= 5, "seed \(seed)")
  }
}
