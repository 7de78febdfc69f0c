/// Replays side by side as text.
public enum ReplayTable {
  /// One row a result, in their order.
  public static func text(_ results: [ReplayResult]) -> String {
    var lines = [row("strategy", ["block hit", "mean TTFT", "p50", "p95", "p99", "most/least", "lacked"])]
    for result in results {
      let most = result.requestsByReplica.max() ?? 0
      let least = result.requestsByReplica.min() ?? 0
      let lacked = result.shortfalls.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { "\($0.key.rawValue) \($0.value)" }.joined(separator: " ")
      lines.append(
        row(
          result.strategy,
          [
            fixed(result.blockHit, 3), fixed(result.meanTimeToFirstToken, 2),
            fixed(result.timeToFirstToken(quantile: 0.5), 2), fixed(result.timeToFirstToken(quantile: 0.95), 2),
            fixed(result.timeToFirstToken(quantile: 0.99), 2), "\(most)/\(least)", lacked.isEmpty ? "-" : lacked,
          ]))
    }
    return lines.joined(separator: "\n")
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    name + String(repeating: " ", count: max(1, 30 - name.count))
      + cells.dropLast().map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
      + "  " + (cells.last ?? "")
  }

  /// With so many places after the point.
  static func fixed(_ value: Double, _ places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    guard value.isFinite, abs(value) * scale < 1e15 else { return "-" }
    let scaled = Int((abs(value) * scale).rounded())
    let whole = scaled / Int(scale)
    let digits = String(scaled % Int(scale))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return places == 0
      ? "\(sign)\(whole)" : "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
  }
}
