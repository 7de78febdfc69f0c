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

  /// A duration as ``seconds(_:)`` reads it, in whole microseconds; a year stands for every longer one.
  static func duration(_ text: String) -> Duration? {
    seconds(text).map { .microseconds(Int64((min($0, 31_536_000) * 1e6).rounded())) }
  }

  /// Writes a duration of whole microseconds so that ``duration(_:)`` reads the same: `1m30s`, `250ms`, `0`.
  static func text(of duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    var rest = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    var text = ""
    let units: [(String, Int64)] = [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1)]
    for (unit, length) in units where rest >= length {
      text += "\(rest / length)\(unit)"
      rest %= length
    }
    return text.isEmpty ? "0" : text
  }

  /// A number of bytes: `65536`, `64K`, `64M`, `1.5G`, `2T`, each unit 1024 times the one before, as `Ki`, `MiB` and
  /// the like say too; whole after the multiplication, at most 2^53. Letter case does not count. Decimal units such as
  /// `MB` are none.
  static func bytes(_ text: String) -> Int? {
    var number = Substring(text.lowercased())
    if number.hasSuffix("ib") {
      number = number.dropLast(2)
      guard number.last?.isLetter == true else { return nil }
    } else if number.hasSuffix("i") {
      number = number.dropLast()
      guard number.last?.isLetter == true else { return nil }
    }
    var shift = 0
    if let unit = number.last, let position = "kmgt".firstIndex(of: unit) {
      shift = 10 * ("kmgt".distance(from: "kmgt".startIndex, to: position) + 1)
      number = number.dropLast()
    }
    guard let value = decimal(number) else { return nil }
    let bytes = value * Double(1 << shift)
    guard bytes == bytes.rounded(), bytes <= Double(1 << 53) else { return nil }
    return Int(bytes)
  }

  /// Writes a number of bytes in the largest unit that leaves it whole: `64M`, `1G`, `65537`.
  static func text(ofBytes bytes: Int) -> String {
    guard bytes > 0 else { return "\(bytes)" }
    let unit = min(bytes.trailingZeroBitCount / 10, 4)
    return "\(bytes >> (10 * unit))\(["", "K", "M", "G", "T"][unit])"
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
