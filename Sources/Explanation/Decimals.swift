/// Numbers for people and headers.
enum Decimals {
  /// A number with so many decimals, as C's `%.nf`, but for ties.
  ///
  /// - Parameter places: at most 9.
  static func text(_ number: Double, places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
    guard number.isFinite, abs(number) < 1e9 else { return "\(number)" }
    let scaled = Int((abs(number) * scale).rounded())
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % Int(scale))
    return "\(sign)\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  /// A whole number without a fraction, others with two decimals.
  static func short(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e9 ? "\(Int(number))" : text(number, places: 2)
  }
}
