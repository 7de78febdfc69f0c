/// A count that begins anew with each window of wall-clock time, windows standing at the multiples of their length since
/// 1970, as AIBrix's limiter has them (`unix / window`).
///
/// A clock that is set back by no more than a window goes on in the window that it was in, so that nobody gets a window
/// twice; set back further it begins a new one, so that nobody is locked out for long.
public struct FixedWindow: Sendable, Equatable {
  /// The length in seconds; 1 or more.
  public let seconds: Int64
  /// Which window the count is of: seconds since 1970 by the length, rounded down.
  public private(set) var index: Int64
  private var value: Int

  /// - Parameters:
  ///   - index: the window that the count is of; an old one leaves nothing counted.
  ///   - count: 0 or more.
  public init(seconds: Int64, index: Int64 = 0, count: Int = 0) {
    precondition(seconds > 0 && count >= 0)
    self.seconds = seconds
    self.index = index
    value = count
  }

  /// What was counted in the window last charged, whatever the time.
  public var lastCount: Int { value }

  /// What is counted in the window of a moment.
  ///
  /// - Parameter now: seconds since 1970.
  public func count(at now: Int64) -> Int { window(at: now) == index ? value : 0 }

  /// Counts more, without overflow.
  ///
  /// - Parameters:
  ///   - amount: 0 or more.
  ///   - now: seconds since 1970.
  /// - Returns: what is counted then.
  @discardableResult
  public mutating func charge(_ amount: Int, at now: Int64) -> Int {
    precondition(amount >= 0)
    let current = window(at: now)
    if current != index {
      index = current
      value = 0
    }
    let (sum, overflows) = value.addingReportingOverflow(amount)
    value = overflows ? .max : sum
    return value
  }

  /// Takes back one that was counted, unless a later window was charged since.
  ///
  /// - Parameter counted: ``index`` as it was after the charge.
  public mutating func takeBack(in counted: Int64) {
    if counted == index, value > 0 { value -= 1 }
  }

  /// Seconds until the next window, 1 to the length.
  public func secondsLeft(at now: Int64) -> Int {
    Int(min(max((window(at: now) + 1) * seconds - now, 1), seconds))
  }

  private func window(at now: Int64) -> Int64 {
    let position = now >= 0 ? now / seconds : (now - seconds + 1) / seconds
    return position == index - 1 ? index : position
  }
}
