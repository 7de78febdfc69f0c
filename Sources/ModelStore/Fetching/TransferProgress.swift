/// When to show how far a transfer is, and what: a machine without a clock. On a terminal a line that is drawn over
/// itself, five times a second; elsewhere a line each 5 s. The rate is that since the transfer began, or went on.
public struct TransferProgress: Sendable {
  private let isTerminal: Bool
  private let interval: UInt64
  private var began: (done: Int, at: UInt64)?
  private var shown: UInt64?
  private var file = ""

  public init(isTerminal: Bool) {
    self.isTerminal = isTerminal
    interval = isTerminal ? 200_000_000 : 5_000_000_000
  }

  /// - Parameter now: monotonic nanoseconds.
  /// - Returns: the line if it is to be shown now.
  public mutating func line(file: String, done: Int, total: Int?, now: UInt64) -> String? {
    if file != self.file || began.map({ done < $0.done }) ?? true {
      self.file = file
      began = (done, now)
      shown = nil
    }
    // The end of what is small needs no line of its own.
    let isEnd = done == total && done >= 1_000_000
    if let shown, now - shown < interval, !isEnd { return nil }
    // A log's first line comes after the first interval.
    if shown == nil, !isEnd, !isTerminal {
      shown = now
      return nil
    }
    shown = now
    let seconds = Double(now - (began?.at ?? now)) / 1e9
    let rate = seconds > 0 ? Double(done - (began?.done ?? 0)) / seconds / 1e6 : 0
    let amount = total.map { "\(Self.megabytes(done)) of \(Self.megabytes($0)) MB, \(Self.percent(done, $0)) %" }
    return "\(file): \(amount ?? "\(Self.megabytes(done)) MB")" + (rate > 0 ? ", \(Self.tenths(rate)) MB/s" : "")
  }

  private static func percent(_ done: Int, _ total: Int) -> Int {
    total > 0 ? Int(Double(done) / Double(total) * 100) : 100
  }

  private static func megabytes(_ bytes: Int) -> String { tenths(Double(bytes) / 1e6) }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
