/// Times and spans of this target are monotonic nanoseconds: the caller reads one clock and hands `now` in.

extension UInt64 {
  /// A span in nanoseconds, saturating.
  public static func seconds(_ count: UInt64) -> UInt64 { saturatedProduct(count, 1_000_000_000) }

  /// A span in nanoseconds, saturating.
  public static func milliseconds(_ count: UInt64) -> UInt64 { saturatedProduct(count, 1_000_000) }

  /// A duration as a span in nanoseconds, saturating; nil, which is no limit, is the longest.
  public static func span(_ duration: Duration?) -> UInt64 {
    guard let duration else { return .max }
    let (seconds, attoseconds) = duration.components
    let (sum, overflows) = Self.seconds(UInt64(Swift.max(0, seconds)))
      .addingReportingOverflow(UInt64(Swift.max(0, attoseconds) / 1_000_000_000))
    return overflows ? .max : sum
  }

  /// The span from `start`, zero if that lies ahead: two loops read the clock at slightly different moments.
  @inlinable
  func since(_ start: UInt64) -> UInt64 { self > start ? self - start : 0 }

  /// This moment and a span more, saturating.
  @inlinable
  func advanced(bySpan span: UInt64) -> UInt64 {
    let (sum, overflows) = addingReportingOverflow(span)
    return overflows ? .max : sum
  }

  /// This span several times, saturating.
  func multipliedSaturating(_ factor: UInt64) -> UInt64 { Self.saturatedProduct(self, factor) }

  private static func saturatedProduct(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (product, overflows) = left.multipliedReportingOverflow(by: right)
    return overflows ? .max : product
  }
}
