/// Reads the quantities that documents write as texts.
enum Quantity {
  /// A duration in seconds: `60s`, `1m30s`, `1.5h`, `250ms`, `0`, or a bare number of seconds. Units: h, m, s, ms, us.
  static func seconds(_ text: String) -> Double? {
    if let bare = decimal(Substring(text)) { return bare }
    var rest = Substring(text)
    var total = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let value = decimal(number) else { return nil }
      rest = rest[number.endIndex...]
      let unit = rest.prefix { $0.isLetter }
      guard let factor: Double = ["h": 3600, "m": 60, "s": 1, "ms": 1e3, "us": 1e6][String(unit)] else { return nil }
      rest = rest[unit.endIndex...]
      total += unit.count > 1 ? value / factor : value * factor
    }
    return total.isFinite ? total : nil
  }

  /// A number of tokens: `4096`, `4K` (thousands), `1.5M` (millions); whole after the multiplication.
  static func tokens(_ text: String) -> Int? {
    var number = Substring(text)
    var factor = 1.0
    switch number.last {
    case "K", "k": factor = 1e3
    case "M", "m": factor = 1e6
    default: break
    }
    if factor > 1 { number = number.dropLast() }
    guard let value = decimal(number) else { return nil }
    let tokens = (value * factor).rounded()
    guard abs(tokens - value * factor) < 1e-6, tokens <= 1e12 else { return nil }
    return Int(tokens)
  }

  /// Digits with at most one point; no sign, no exponent.
  private static func decimal(_ text: Substring) -> Double? {
    guard let first = text.first, first.isASCII, first.isNumber,
      text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") })
    else { return nil }
    return Double(text)
  }
}
