/// Numbers as metrics pages print them: decimal, with or without an exponent, `NaN` and signed `Inf` in any case.
enum DecimalText {
  /// A longer text is no number.
  static let lengthLimit = 128

  /// Powers of ten that a double holds exactly.
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// The nearest double; nil when the text is no number.
  ///
  /// When the digits fit into 53 bits and the power of ten is at most 22, one multiplication or division of two exact
  /// doubles gives it (Clinger, "How to read floating point numbers accurately", 1990, the fast path). All others go
  /// through the standard library.
  static func value(_ bytes: UnsafeRawBufferPointer) -> Double? {
    guard !bytes.isEmpty, bytes.count <= lengthLimit else { return nil }
    var place = 0
    var isNegative = false
    if bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
      isNegative = bytes[0] == UInt8(ascii: "-")
      place = 1
    }
    var mantissa: UInt64 = 0
    var digits = 0
    var scale = 0
    var isFraction = false
    while place < bytes.count {
      let digit = bytes[place] &- UInt8(ascii: "0")
      if digit < 10 {
        if mantissa < 1 << 59 { mantissa = mantissa * 10 + UInt64(digit) } else { mantissa = .max }
        digits += 1
        if isFraction { scale -= 1 }
      } else if bytes[place] == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else {
        break
      }
      place += 1
    }
    guard digits > 0 else { return word(bytes) }
    if place < bytes.count {
      guard bytes[place] | 0x20 == UInt8(ascii: "e"), let exponent = exponent(bytes[(place + 1)...]) else { return nil }
      scale += exponent
    }
    if mantissa <= 1 << 53, (-22...22).contains(scale) {
      let value = scale < 0 ? Double(mantissa) / powers[-scale] : Double(mantissa) * powers[scale]
      return isNegative ? -value : value
    }
    return Double(String(decoding: bytes, as: UTF8.self))
  }

  /// At most four digits with a sign: more are no number that means anything.
  private static func exponent(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    var rest = bytes
    var isNegative = false
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest = rest.dropFirst()
    }
    guard (1...4).contains(rest.count) else { return nil }
    var value = 0
    for byte in rest {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return isNegative ? -value : value
  }

  private static func word(_ bytes: UnsafeRawBufferPointer) -> Double? {
    switch String(decoding: bytes, as: UTF8.self).lowercased() {
    case "nan": .nan
    case "inf", "+inf", "infinity", "+infinity": .infinity
    case "-inf", "-infinity": -.infinity
    default: nil
    }
  }
}
