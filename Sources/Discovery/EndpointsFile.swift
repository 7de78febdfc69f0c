import Foundation
import RouterConfig
import Synchronization

/// An endpoints file that is read again when it changes.
///
/// A change is another inode, size or time of modification: it is looked for each second and on demand. A file that
/// changes while it is read is read again the next time. One that cannot be used is told of once for each state of the
/// file, and what was read before stays. Safe from any thread; looking and reading block as long as the file system does,
/// so not on an event loop.
public final class EndpointsFile: Sendable {
  /// The largest file, in bytes.
  public static let byteLimit = 4 << 20

  /// What a look at the file found.
  public enum Outcome: Sendable, Equatable {
    case unchanged
    case loaded(EndpointsDocument, warnings: [ConfigurationProblem])
    /// The reason names the file and the place. What was read before stays.
    case refused(String)
  }

  /// How the file is reached.
  public struct Source: Sendable {
    let stamp: @Sendable (_ path: String) -> FileStamp?
    let read: @Sendable (_ path: String) -> [UInt8]?

    public init(
      stamp: @escaping @Sendable (_ path: String) -> FileStamp?, read: @escaping @Sendable (_ path: String) -> [UInt8]?
    ) {
      self.stamp = stamp
      self.read = read
    }

    /// The file system; of a longer file one byte more than the limit is read.
    public static let system = Source(
      stamp: { FileStamp(path: $0) },
      read: { path in
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        do {
          return [UInt8](try file.read(upToCount: byteLimit + 1) ?? Data())
        } catch {
          return nil
        }
      })
  }

  private enum State {
    /// Not looked at.
    case unknown
    case missing
    case known(FileStamp)
  }

  public let path: String
  private let source: Source
  private let state = Mutex<State>(.unknown)

  public init(path: String, source: Source = .system) {
    self.path = path
    self.source = source
  }

  /// Looks whether the file changed since it was last read, and reads it if so.
  public func check() -> Outcome {
    state.withLock { state in
      guard let stamp = source.stamp(path) else {
        if case .missing = state { return .unchanged }
        state = .missing
        return .refused("\(path): the endpoints file does not exist or cannot be reached")
      }
      if case .known(let last) = state, last == stamp { return .unchanged }
      return load(stamp, &state)
    }
  }

  /// Reads the file whether or not it changed: what SIGHUP asks for.
  public func reload() -> Outcome {
    state.withLock { $0 = .unknown }
    return check()
  }

  /// Looks at intervals until the task is cancelled.
  ///
  /// - Parameter onOutcome: is called with every outcome but ``Outcome/unchanged``, on any thread; the next look waits for
  ///   it.
  public func watch(every interval: Duration = .seconds(1), onOutcome: @Sendable (Outcome) async -> Void) async {
    while !Task.isCancelled {
      let outcome = check()
      if outcome != .unchanged { await onOutcome(outcome) }
      try? await Task.sleep(for: interval)
    }
  }

  private func load(_ stamp: FileStamp, _ state: inout State) -> Outcome {
    guard let bytes = source.read(path) else {
      state = .known(stamp)
      return .refused("\(path): the endpoints file cannot be read by this user")
    }
    guard source.stamp(path) == stamp else {
      state = .unknown
      return .unchanged
    }
    state = .known(stamp)
    do {
      let (document, warnings) = try EndpointsDocument.load(bytes, file: path)
      return .loaded(document, warnings: warnings)
    } catch {
      return .refused("\(error)")
    }
  }
}
