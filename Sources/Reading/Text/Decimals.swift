/// Numbers for people.
enum Decimals {
  /// A number of 0…1 or so with two decimals: `0.31`.
  static func two(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
    let hundredths = Int((abs(number) * 100).rounded())
    let fraction = hundredths % 100
    return "\(number < 0 && hundredths > 0 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
