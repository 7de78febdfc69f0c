import NIOCore
import Synchronization

/// The open connections of the management API: no more than a limit, and known so that stopping can close them. Safe
/// from any thread.
final class AdminConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isStopping = false
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  /// - Returns: whether the connection may stay; if not, the caller closes it.
  func opened(_ channel: any Channel) -> Bool {
    state.withLock { state in
      guard !state.isStopping, state.channels.count < limit else { return false }
      state.channels[ObjectIdentifier(channel)] = channel
      return true
    }
  }

  func closed(_ channel: any Channel) {
    _ = state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
  }

  /// Takes no more connections and closes those that are open.
  func closeAll() {
    let channels = state.withLock { state in
      state.isStopping = true
      return Array(state.channels.values)
    }
    for channel in channels { channel.close(promise: nil) }
  }
}
