/// One option's values as they were written, and the place they came from; turns them into typed values.
struct OptionInput {
  /// For messages: `--port`, `sim.yaml:3:7: port`, `SIM_MODEL`.
  let place: String
  let values: [String]
  let compatibility: CompatibilityLevel

  func text() throws(OptionError) -> String {
    guard let value = values.first, values.count == 1 else {
      throw OptionError("\(place) takes one value, not \(values.count)")
    }
    return value
  }

  func integer(in range: ClosedRange<Int>) throws(OptionError) -> Int {
    let text = try text()
    guard let value = Int(text) else { throw OptionError("\(place): \"\(text)\" is not an integer") }
    guard range.contains(value) else {
      throw OptionError("\(place): \(value) is out of range; it must be \(OptionInput.describe(range))")
    }
    return value
  }

  func number(in range: ClosedRange<Double>) throws(OptionError) -> Double {
    let text = try text()
    guard let value = Double(text), value.isFinite else { throw OptionError("\(place): \"\(text)\" is not a number") }
    guard range.contains(value) else {
      let bound =
        range.upperBound == .infinity ? "at least \(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound)"
      throw OptionError("\(place): \(text) is out of range; it must be \(bound)")
    }
    return value
  }

  func boolean() throws(OptionError) -> Bool {
    let text = try text()
    switch text {
    case "true", "True", "TRUE", "t", "T", "1", "yes": return true
    case "false", "False", "FALSE", "f", "F", "0", "no": return false
    default: throw OptionError("\(place): \"\(text)\" is neither true nor false")
    }
  }

  /// A time in milliseconds: a Go duration; a bare integer counts as milliseconds in both generations, because Go's
  /// parser refuses it and so it can mean nothing else.
  func milliseconds() throws(OptionError) -> Double {
    let text = try text()
    guard let value = GoDuration.milliseconds(text) ?? Int(text).map(Double.init) else {
      throw OptionError(
        "\(place): \"\(text)\" is not a duration; write 100ms, 1.5s or 250us (a bare integer is milliseconds)")
    }
    guard value >= 0, value <= 86_400_000 else {
      throw OptionError("\(place): \(text) is out of range; it must be between 0 and 24h")
    }
    return value
  }

  static func describe(_ range: ClosedRange<Int>) -> String {
    if range.upperBound == .max { return "\(range.lowerBound) or more" }
    if range.lowerBound == .min { return "\(range.upperBound) or less" }
    return "\(range.lowerBound)–\(range.upperBound)"
  }
}
