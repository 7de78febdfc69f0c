#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Rotary position embedding (Su et al. 2021): the pair i of a head of width d turns by position · base^(-2i/d).
///
/// With YaRN (Peng et al. 2023) slow pairs turn `factor` times slower, fast ones as before, those between by a linear
/// ramp; all are scaled by 0.1 · ln(factor) + 1.
public struct Rotation: Sendable, Equatable {
  /// The stretching of a model to longer texts than it was first trained on.
  public struct Stretch: Sendable, Equatable {
    public var factor: Double
    /// Tokens of the texts before stretching.
    public var original: Double
    public var fast: Double = 32
    public var slow: Double = 1
    /// What cosines and sines are scaled by.
    public var scale: Double

    public init(factor: Double, original: Double, fast: Double = 32, slow: Double = 1, scale: Double? = nil) {
      self.factor = factor
      self.original = original
      self.fast = fast
      self.slow = slow
      self.scale = scale ?? (factor > 1 ? 0.1 * log(factor) + 1 : 1)
    }
  }

  public var base: Double
  public var stretch: Stretch?

  public init(base: Double, stretch: Stretch? = nil) {
    self.base = base
    self.stretch = stretch
  }

  /// The angle by which each pair turns from one position to the next.
  func frequencies(headWidth: Int) -> [Double] {
    let plain = (0..<headWidth / 2).map { pow(base, -2 * Double($0) / Double(headWidth)) }
    guard let stretch else { return plain }
    // The pair that turns `turns` times over the original length.
    func pair(_ turns: Double) -> Double {
      Double(headWidth) * log(stretch.original / (turns * 2 * .pi)) / (2 * log(base))
    }
    let low = max(pair(stretch.fast).rounded(.down), 0)
    let high = min(pair(stretch.slow).rounded(.up), Double(headWidth - 1))
    return plain.enumerated().map { index, frequency in
      let ramp = min(max((Double(index) - low) / max(high - low, 0.001), 0), 1)
      return frequency / stretch.factor * ramp + frequency * (1 - ramp)
    }
  }

  /// Cosines and sines of the first `rows` positions, [rows][headWidth / 2].
  func tables(rows: Int, headWidth: Int) -> (cosines: [Float], sines: [Float]) {
    let frequencies = frequencies(headWidth: headWidth)
    let scale = stretch?.scale ?? 1
    var cosines: [Float] = []
    var sines: [Float] = []
    cosines.reserveCapacity(rows * frequencies.count)
    sines.reserveCapacity(rows * frequencies.count)
    for row in 0..<rows {
      for frequency in frequencies {
        cosines.append(Float(cos(Double(row) * frequency) * scale))
        sines.append(Float(sin(Double(row) * frequency) * scale))
      }
    }
    return (cosines, sines)
  }
}
