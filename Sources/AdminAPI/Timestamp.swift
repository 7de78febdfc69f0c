/// Instants as RFC 3339 writes them.
enum Timestamp {
  /// Such as `2026-01-31T09:05:00Z`; fractions of a second are dropped.
  ///
  /// The date is found by counting days in eras of 400 years that begin in March, so that a leap day ends a year
  /// (Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
  ///
  /// - Parameter seconds: since 1970, within the years 0 to 9999; others give the nearest end.
  static func text(_ seconds: Double) -> String {
    let limit = (earliest: -62_167_219_200.0, latest: 253_402_300_799.0)
    let bounded = seconds.isNaN ? 0 : min(max(seconds, limit.earliest), limit.latest)
    let whole = Int(bounded.rounded(.down))
    let day = (whole - floorModulo(whole, 86_400)) / 86_400
    let time = floorModulo(whole, 86_400)
    let shifted = day + 719_468
    let era = (shifted - floorModulo(shifted, 146_097)) / 146_097
    let dayOfEra = floorModulo(shifted, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T"
      + "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))Z"
  }

  private static func floorModulo(_ value: Int, _ modulus: Int) -> Int {
    let remainder = value % modulus
    return remainder < 0 ? remainder + modulus : remainder
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
