#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The `date` field of the gateway's own answers (RFC 9110 §6.6.1), made anew each second. Used from one loop.
struct DateLine {
  private var second = -1
  private var line: [UInt8] = []

  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// The whole line, its end included.
  ///
  /// - Parameter second: since 1970, UTC; at least 0.
  mutating func bytes(at second: Int) -> [UInt8] {
    guard second != self.second else { return line }
    self.second = second
    var clock = second
    var parts = tm()
    gmtime_r(&clock, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let day = "\(Self.days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(Self.months[Int(parts.tm_mon)])"
    let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    line = Array("date: \(day) \(parts.tm_year + 1900) \(time) GMT\r\n".utf8)
    return line
  }
}
