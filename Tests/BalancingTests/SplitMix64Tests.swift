import Testing

@testable import Balancing

@Suite("SplitMix64") struct SplitMix64Tests {
  /// Of the reference implementation by Sebastiano Vigna (prng.di.unimi.it/splitmix64.c, public domain) for the seed 1234567,
  /// as Rosetta Code's page "Pseudo-random numbers/Splitmix64" lists them.
  @Test("it gives the published numbers")
  func numbers() {
    var random = SplitMix64(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
      16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in random.next() } == expected)
  }

  @Test("draws stay below their bound and reach every number")
  func draws() {
    var random = SplitMix64(seed: 7)
    var drawn: Set<UInt64> = []
    for _ in 0..<1_000 {
      let number = random.draw(below: 5)
      #expect(number < 5)
      drawn.insert(number)
    }
    #expect(drawn.count == 5)
    #expect(random.draw(below: 1) == 0)
  }
}
