import Synchronization

/// Bounds how many scrapes run at the same time; those beyond wait in the order of their arrival.
///
/// As many wait at most as there are tasks that scrape. Safe from any thread.
final class ScrapeSlots: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
    var head = 0
  }

  private let state: Mutex<State>

  init(_ count: Int) {
    precondition(count > 0)
    state = Mutex(State(free: count))
  }

  /// Waits for a slot. Cancellation does not end the wait: slots come free in bounded time, as scrapes have a deadline.
  func acquire() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func release() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard state.head < state.waiting.count else {
        state.waiting.removeAll(keepingCapacity: true)
        state.head = 0
        state.free += 1
        return nil
      }
      state.head += 1
      let next = state.waiting[state.head - 1]
      if state.head >= 64, state.head > state.waiting.count / 2 {
        state.waiting.removeFirst(state.head)
        state.head = 0
      }
      return next
    }
    next?.resume()
  }
}
