/// Which stretches of a long text are read: windows of equal length that overlap, within a budget.
///
/// A text of n tokens needs 1 + ⌈(n - window) / stride⌉ windows. If that is more than the budget, the budget's windows are
/// spread evenly from the first token to the last, with gaps between them: the cost of a text is bounded whatever its
/// length.
///
/// | tokens (window 254, stride 190, budget 8) | windows |
/// |---|---|
/// | 100 | 0..<100 |
/// | 300 | 0..<254, 46..<300 |
/// | 1 584 | 8 that overlap by 64 |
/// | 25 000 | 8 with gaps of 3 281 or 3 282 tokens |
public struct WindowPlan: Sendable, Equatable {
  /// Ranges of tokens in rising order, each at most a window long; the first starts at 0 and the last ends at the end.
  public let windows: [Range<Int>]

  /// The windows in the order in which they are read: the first, the last, then what halves the widest gaps, such that any
  /// beginning of it is spread over the text: of eight 0, 7, 3, 1, 5, 2, 4, 6.
  public var order: [Int] {
    var order = windows.count > 1 ? [0, windows.count - 1] : [0]
    var gaps = [(0, windows.count - 1)]
    var next = 0
    while next < gaps.count {
      let (start, end) = gaps[next]
      next += 1
      guard end - start > 1 else { continue }
      let middle = (start + end) / 2
      order.append(middle)
      gaps += [(start, middle), (middle, end)]
    }
    return order
  }

  /// - Parameters:
  ///   - tokens: tokens of the text, without special ones.
  ///   - window: tokens a window.
  ///   - stride: tokens from one window to the next, 1 to `window`.
  ///   - budget: windows at most.
  public init(tokens: Int, window: Int, stride: Int, budget: Int) {
    precondition(
      window > 0 && (1...window).contains(stride) && budget > 0, "a window, a stride and a budget are needed")
    guard tokens > window else {
      windows = [0..<tokens]
      return
    }
    let needed = 1 + (tokens - window + stride - 1) / stride
    let count = min(needed, budget)
    guard count > 1 else {
      windows = [0..<window]
      return
    }
    let last = tokens - window
    windows = (0..<count).map { index in
      let start = count == needed && index < count - 1 ? index * stride : index * last / (count - 1)
      return start..<start + window
    }
  }
}
