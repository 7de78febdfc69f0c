/// Bounds what retries may add to the load, so that a fleet in trouble is not finished off by its own retries.
///
/// A limit per request (three attempts) triples the load of a fleet that fails everything; a budget over all requests
/// holds it at 20 %. This is Finagle's `RetryBudget`, which linkerd took over: every request deposits `ratio` of a token,
/// every retry withdraws one, deposits and withdrawals are forgotten after `window`, and a reserve lets the first retries
/// of a quiet model through.
///
/// At every retry that is let through, the retries of the last window, it included, are at most
/// reserve + ratio × requests of the last window.
///
///     requests in the last 10 s   0    10   100   1 000
///     retries then allowed        10   12   30    210
///
/// The window has ten slots, so a token lives for nine to ten tenths of it. A value of 120 bytes that never allocates:
/// one a model and event loop, or one behind a lock.
public struct RetryBudget: Sendable {
  /// Slots of the window.
  public static let slotCount = 10
  /// Tokens are counted in thousandths, so that sums are exact.
  private static let scale = 1_000

  private let deposit: Int
  private let reserve: Int
  private let maximum: Int
  private let slotLength: UInt64
  private var slots: InlineArray<10, Int> = .init(repeating: 0)
  private var sum = 0
  /// The slot that `now` was last in, counted since the clock's zero.
  private var current: UInt64 = 0

  /// - Parameters:
  ///   - ratio: retries per request, 0…1.
  ///   - reserve: retries allowed without any request.
  ///   - maximum: tokens above the reserve that are kept at most, however many requests come.
  ///   - window: nanoseconds after which deposits and withdrawals are forgotten, at least ten.
  public init(ratio: Double = 0.2, reserve: Int = 10, maximum: Int = 1 << 20, window: UInt64 = .seconds(10)) {
    deposit = Int((max(0, min(1, ratio)) * Double(Self.scale)).rounded())
    self.reserve = max(0, min(reserve, 1 << 32)) * Self.scale
    self.maximum = max(0, min(maximum, 1 << 32)) * Self.scale
    slotLength = max(1, window / UInt64(Self.slotCount))
  }

  /// A request came; its retries do not deposit.
  public mutating func requestBegan(now: UInt64) {
    advance(to: now)
    let added = min(deposit, maximum - sum)
    guard added > 0 else { return }
    add(added)
  }

  /// Takes a token if there is one.
  ///
  /// - Returns: whether the retry may be sent.
  public mutating func withdraw(now: UInt64) -> Bool {
    advance(to: now)
    guard reserve + sum >= Self.scale else { return false }
    add(-Self.scale)
    return true
  }

  /// Whole retries that are allowed at `now`.
  public func balance(now: UInt64) -> Int {
    var copy = self
    copy.advance(to: now)
    return max(0, (copy.reserve + copy.sum) / Self.scale)
  }

  private mutating func add(_ amount: Int) {
    slots[Int(current % UInt64(Self.slotCount))] += amount
    sum += amount
  }

  private mutating func advance(to now: UInt64) {
    let slot = now / slotLength
    // A loop whose clock reading is a little older writes into the newest slot.
    guard slot > current else { return }
    for step in 1...min(slot - current, UInt64(Self.slotCount)) {
      let index = Int((current &+ step) % UInt64(Self.slotCount))
      sum -= slots[index]
      slots[index] = 0
    }
    current = slot
  }
}
