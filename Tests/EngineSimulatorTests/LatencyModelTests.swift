import Testing

@testable import EngineSimulator

@Suite("Latency model")
struct LatencyModelTests {
  private func model(
    sequences: Int = 5, truncates: Bool = false, _ change: (inout LatencySettings) -> Void
  ) -> LatencyModel {
    var settings = LatencySettings()
    change(&settings)
    return LatencyModel(settings: settings, maxSequences: sequences, truncatesToMilliseconds: truncates)
  }

  private func first(
    _ model: LatencyModel, prompt: Int = 0, cached: Int = 0, remote: Bool = false, running: Int = 1
  ) -> Double {
    var random = SeededRandom(seed: 1)
    return model.timeToFirstToken(
      promptTokens: prompt, cachedTokens: cached, prefilledElsewhere: remote, running: running, random: &random)
  }

  @Test("the load grows linearly with the running requests")
  func load() {
    let model = model { $0.factorUnderLoad = 3 }
    #expect(model.load(running: 0) == 1)
    #expect(model.load(running: 1) == 1)
    #expect(model.load(running: 3) == 2)
    #expect(model.load(running: 5) == 3)
    #expect(self.model(sequences: 1) { $0.factorUnderLoad = 3 }.load(running: 1) == 1)
  }

  @Test("the time to the first token is constant when it is set, else it depends on the uncached prompt")
  func firstToken() {
    let constant = model {
      $0.timeToFirstToken.mean = 100
      $0.prefillPerToken.mean = 1
      $0.factorUnderLoad = 3
    }
    #expect(first(constant, prompt: 50) == 100)
    #expect(first(constant, prompt: 50, running: 3) == 200)
    let perToken = model {
      $0.prefillOverhead = 10
      $0.prefillPerToken.mean = 0.5
      $0.factorUnderLoad = 3
    }
    #expect(first(perToken, prompt: 100) == 60)
    #expect(first(perToken, prompt: 100, cached: 64) == 28)
    #expect(first(perToken, prompt: 100, cached: 64, running: 3) == 56)
  }

  @Test("the calculator can be forced")
  func calculator() {
    var forced = model {
      $0.timeToFirstToken.mean = 100
      $0.prefillPerToken.mean = 1
      $0.calculator = .perToken
    }
    #expect(first(forced, prompt: 30) == 30)
    forced.settings.calculator = .constant
    #expect(first(forced, prompt: 30) == 100)
  }

  @Test("after a remote prefill the transfer counts, whatever the load")
  func transfer() {
    let model = model {
      $0.timeToFirstToken.mean = 100
      $0.cacheTransferPerToken.mean = 0.25
      $0.factorUnderLoad = 10
    }
    #expect(first(model, prompt: 40, remote: true, running: 5) == 10)
    let constant = self.model { $0.cacheTransfer.mean = 7 }
    #expect(first(constant, prompt: 40, remote: true) == 7)
  }

  @Test("times below a millisecond count, except in v0.5.0")
  func truncation() {
    var random = SeededRandom(seed: 1)
    let exact = model { $0.interToken.mean = 0.5 }
    #expect(exact.interTokenLatency(running: 1, random: &random) == 0.5)
    let old = model(truncates: true) { $0.interToken.mean = 0.5 }
    #expect(old.interTokenLatency(running: 1, random: &random) == 0)
  }

  @Test("samples stay within 30 % and 170 % of the mean and centre on it")
  func spread() {
    let seed: UInt64 = 20_261_125
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let model = model { $0.interToken = LatencyDistribution(mean: 10, standardDeviation: 3) }
    let samples = (0..<5000).map { _ in model.interTokenLatency(running: 1, random: &random) }
    #expect(samples.allSatisfy { (3.0...17.0).contains($0) })
    let mean = samples.reduce(0, +) / 5000
    #expect(abs(mean - 10) < 0.2)
  }
}

@Suite("Random source")
struct SeededRandomTests {
  @Test("it is SplitMix64")
  func reference() {
    var random = SeededRandom(seed: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
    #expect(random.next() == 9_817_491_932_198_370_423)
  }

  @Test("identifiers are UUIDs of version 4 and follow the seed")
  func uuid() {
    var random = SeededRandom(seed: 1_234_567)
    // The first two reference values are 599ed017fb08fc85 and 2c73f08458540fa5; version and variant bits replace two digits.
    #expect(random.uuid() == "599ed017-fb08-4c85-ac73-f08458540fa5")
  }

  @Test("percentages of 0 and 100 are certain")
  func certainty() {
    var random = SeededRandom(seed: 3)
    #expect((0..<100).allSatisfy { _ in !random.happens(percent: 0) })
    #expect((0..<100).allSatisfy { _ in random.happens(percent: 100) })
  }
}
