import Testing

@testable import Reading

@Suite("The calibration of domains")
struct DomainCalibrationTests {
  private func calibration(_ values: [Float]) throws -> DomainCalibration { try #require(DomainCalibration(values)) }

  @Test("doubt brings all labels nearer to each other and keeps their order")
  func doubt() throws {
    let scores = DomainScores(labels: SIMD16(0.5, -0.5, -0.9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), none: 0)
    let sure = try calibration([3, 3, 1, 0, 0, -30]).probabilities(scores, labels: 3).probabilities
    let half = try calibration([3, 3, 1, 0, 0, 0]).probabilities(scores, labels: 3).probabilities
    let none = try calibration([3, 3, 1, 0, 0, 30]).probabilities(scores, labels: 3).probabilities
    #expect(sure[0] > 0.9)
    for (sure, half) in zip(sure, half) { #expect(abs(half - (sure / 2 + 1 / 6)) < 1e-5) }
    #expect(half[0] > half[1] && half[1] > half[2])
    #expect(none.allSatisfy { abs($0 - 1.0 / 3) < 1e-4 })
    for row in [sure, half, none] { #expect(abs(row.reduce(0, +) - 1) < 1e-5) }
  }

  @Test("scores of any size give probabilities")
  func extremes() throws {
    let calibration = try calibration([3, 3, 1, 1, 1, 0])
    for score in [-1e6, -20, 0, 20, 1e6] {
      let scores = DomainScores(labels: SIMD16(repeating: score), none: -score)
      let got = calibration.probabilities(scores, labels: 14, headNone: score).probabilities
      #expect(got.allSatisfy { abs($0 - 1.0 / 14) < 1e-4 }, "\(score)")
    }
  }

  @Test(
    "a calibration that no trainer writes is refused",
    arguments: [[0, 1, 0, 0, 0, 0], [1, -1, 0, 0, 0, 0], [1, 1, .nan, 0, 0, 0], [1, 1, 0, 0, 0], []] as [[Float]])
  func refused(values: [Float]) { #expect(DomainCalibration(values) == nil) }
}
