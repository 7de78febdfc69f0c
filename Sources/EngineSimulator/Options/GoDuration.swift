/// Durations in the spelling of Go's `time.ParseDuration`, which the simulator's latency flags use: a sequence of
/// decimal numbers, each with a unit (`ns`, `us`, `µs`, `ms`, `s`, `m`, `h`), for example `1.5s`, `250us`, `1h2m`.
enum GoDuration {
  private static let unitsInMilliseconds: [(name: String, milliseconds: Double)] = [
    ("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("μs", 1e-3), ("ms", 1), ("s", 1e3), ("m", 6e4), ("h", 3.6e6),
  ]

  /// The duration in milliseconds, or nil when the text is not a Go duration.
  ///
  /// | text | milliseconds |
  /// |---|---|
  /// | `0` | 0 |
  /// | `100ms` | 100 |
  /// | `250us` | 0.25 |
  /// | `1m30s` | 90 000 |
  /// | `100` | nil: the unit is missing |
  static func milliseconds(_ text: String) -> Double? {
    var rest = Substring(text)
    var sign = 1.0
    if let first = rest.first, first == "-" || first == "+" {
      sign = first == "-" ? -1 : 1
      rest = rest.dropFirst()
    }
    if rest == "0" { return 0 }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let value = Double(number) else { return nil }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { !($0.isNumber || $0 == ".") }
      guard let scale = unitsInMilliseconds.first(where: { $0.name == unit })?.milliseconds else { return nil }
      total += value * scale
      rest = rest.dropFirst(unit.count)
    }
    return sign * total
  }

  /// Milliseconds in the shortest of Go's spellings that loses nothing, as far as this simulator's values go.
  static func text(milliseconds: Double) -> String {
    if milliseconds == 0 { return "0s" }
    let magnitude = abs(milliseconds)
    if magnitude < 1 { return trimmed(milliseconds * 1000) + "µs" }
    if magnitude < 1000 { return trimmed(milliseconds) + "ms" }
    return trimmed(milliseconds / 1000) + "s"
  }

  private static func trimmed(_ value: Double) -> String {
    let rounded = (value * 1e6).rounded() / 1e6
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int64(rounded)) : String(rounded)
  }
}
