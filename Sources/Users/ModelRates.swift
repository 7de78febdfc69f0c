import Synchronization

/// Requests of this second by model, for limits of requests a second. Safe from any thread; a lock is held for well under a
/// microsecond.
public final class ModelRates: Sendable {
  /// Most models that are remembered; those of seconds past are forgotten first.
  static let modelLimit = 4096

  private let windows = Mutex<[String: FixedWindow]>([:])

  public init() {}

  /// A request that was counted: of which model, in which window.
  public struct Charge: Sendable, Equatable {
    fileprivate let model: String
    fileprivate let window: Int64
  }

  /// Checks a limit and counts a request, in one step.
  ///
  /// - Parameters:
  ///   - limit: requests a second; 1 or more.
  ///   - now: seconds since 1970.
  /// - Returns: what ``takeBack(_:)`` takes; nil when as many as the limit were counted this second.
  public func admit(_ model: String, limit: Int, now: Int64) -> Charge? {
    windows.withLock { windows in
      if windows[model] == nil, windows.count >= Self.modelLimit {
        windows = windows.filter { $0.value.count(at: now) > 0 }
        // A limit that cannot be counted is no reason to refuse.
        guard windows.count < Self.modelLimit else { return Charge(model: model, window: now) }
      }
      var window = windows[model] ?? FixedWindow(seconds: 1)
      guard window.count(at: now) < limit else { return nil }
      window.charge(1, at: now)
      windows[model] = window
      return Charge(model: model, window: window.index)
    }
  }

  /// A request that was counted went to no replica. Does nothing once its second is over.
  public func takeBack(_ charge: Charge) {
    windows.withLock { $0[charge.model]?.takeBack(in: charge.window) }
  }
}
