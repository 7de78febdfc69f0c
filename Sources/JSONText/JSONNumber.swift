/// Reading numbers that a cursor has passed.
public enum JSONNumber {
  /// The number as an integer: also `12.0` and `1.2e1`, whose value is whole.
  ///
  /// - Returns: nil if the extent is no number, its value is not whole or does not fit. Digits are read exactly; a
  ///   number with a fraction or an exponent is read by way of `Double`.
  public static func integer(_ extent: JSONExtent, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard extent.kind == .number else { return nil }
    var index = extent.range.lowerBound
    let isNegative = bytes[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    var value = 0
    while index < extent.range.upperBound {
      let byte = bytes[index]
      guard byte &- 0x30 < 10 else { return wholeDouble(extent, in: bytes) }
      let digit = Int(byte &- 0x30)
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, alsoOverflows) =
        isNegative
        ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflows || alsoOverflows { return wholeDouble(extent, in: bytes) }
      value = sum
      index += 1
    }
    return value
  }

  /// The number as the nearest double.
  ///
  /// - Returns: nil if the extent is no number or has more than 1 024 bytes; infinity if it is too large.
  public static func double(_ extent: JSONExtent, in bytes: UnsafeRawBufferPointer) -> Double? {
    guard extent.kind == .number, extent.range.count <= 1024 else { return nil }
    return Double(
      String(decoding: UnsafeRawBufferPointer(rebasing: bytes[extent.range]), as: UTF8.self))
  }

  private static func wholeDouble(_ extent: JSONExtent, in bytes: UnsafeRawBufferPointer) -> Int? {
    // Not Int(exactly:), whose rounding would have every user of this target link the C library for mathematics.
    guard let value = double(extent, in: bytes), value >= -0x1p63, value < 0x1p63 else {
      return nil
    }
    let whole = Int(value)
    return Double(whole) == value ? whole : nil
  }
}
