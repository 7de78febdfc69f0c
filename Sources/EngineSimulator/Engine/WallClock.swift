#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Civil time: what a response's `created`, `date` and the request log show. Durations never come from it.
enum WallClock {
  /// Seconds since 1970.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, §5.6.7).
  static func httpDate(_ seconds: Int) -> String {
    let parts = civil(seconds)
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let day = ((seconds / 86_400) % 7 + 7) % 7
    return "\(days[day]), \(two(parts.day)) \(months[parts.month - 1]) \(parts.year) "
      + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) GMT"
  }

  /// `1994-11-06T08:49:37.123Z`.
  static func timestamp(_ time: Double) -> String {
    let milliseconds = Int((time * 1000).rounded(.down))
    let parts = civil(milliseconds / 1000)
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    return "\(parts.year)-\(two(parts.month))-\(two(parts.day))T"
      + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)).\(fraction)Z"
  }

  private static func two(_ value: Int) -> String {
    value < 10 ? "0\(value)" : String(value)
  }

  private static func civil(
    _ seconds: Int
  ) -> (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    return (
      Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday), Int(parts.tm_hour), Int(parts.tm_min),
      Int(parts.tm_sec)
    )
  }
}
