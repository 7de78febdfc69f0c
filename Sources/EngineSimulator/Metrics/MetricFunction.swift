#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A fake gauge's value over time, written `shape:start:end:period`, for example `ramp:0:10:30s`.
///
/// With t the time since the engine's start, T the period, a the start and b the end:
///
/// | shape | value | at 0, T/4, T/2, T, 5T/4 for a=0, b=8 |
/// |---|---|---|
/// | oscillate | a + (b−a)(1−cos 2πt/T)/2 | 0 4 8 0 4 |
/// | ramp | a + (b−a)·min(t/T, 1) | 0 2 4 8 8 |
/// | rampreset | a + (b−a)·frac(t/T) | 0 2 4 0 2 |
/// | squarewave | a in a period's first half, then b | 0 0 8 0 0 |
public struct MetricFunction: Sendable, Equatable {
  public enum Shape: String, Sendable, CaseIterable {
    case oscillate, ramp, rampreset, squarewave
  }

  public var shape: Shape
  public var start: Double
  public var end: Double
  public var periodMilliseconds: Double

  /// Reads `shape:start:end:period`; nil when the text is not that. The period is a Go duration above 0.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, let shape = Shape(rawValue: parts[0]), let start = Double(parts[1]), start.isFinite,
      let end = Double(parts[2]), end.isFinite, let period = GoDuration.milliseconds(parts[3]), period > 0
    else { return nil }
    self.shape = shape
    self.start = start
    self.end = end
    periodMilliseconds = period
  }

  public var text: String {
    "\(shape.rawValue):\(PrometheusText.number(start)):\(PrometheusText.number(end)):"
      + GoDuration.text(milliseconds: periodMilliseconds)
  }

  public func value(atMilliseconds time: Double) -> Double {
    let turns = time / periodMilliseconds
    let phase = turns - turns.rounded(.down)
    switch shape {
    case .oscillate: return start + (end - start) * (1 - cos(2 * .pi * phase)) / 2
    case .ramp: return start + (end - start) * min(turns, 1)
    case .rampreset: return start + (end - start) * phase
    case .squarewave: return phase < 0.5 ? start : end
    }
  }
}
