import Testing

@testable import TextEncoder

@Suite("Rotary positions")
struct RotationTests {
  @Test("frequencies fall from 1 by the base")
  func plain() {
    let frequencies = Rotation(base: 10_000).frequencies(headWidth: 4)
    #expect(frequencies[0] == 1)
    #expect(abs(frequencies[1] - 0.01) < 1e-12)
  }

  @Test("YaRN leaves fast pairs and slows the slowest by the factor")
  func stretched() {
    let plain = Rotation(base: 160_000).frequencies(headWidth: 64)
    let stretched = Rotation(base: 160_000, stretch: .init(factor: 4, original: 8192)).frequencies(headWidth: 64)
    #expect(stretched[0] == plain[0])
    #expect(abs(stretched[31] * 4 - plain[31]) < 1e-12)
    #expect(zip(stretched, plain).allSatisfy { $0 <= $1 })
  }
}
