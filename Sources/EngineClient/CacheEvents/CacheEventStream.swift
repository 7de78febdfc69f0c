/// Keeps one engine's KV events in order: finds gaps and has them replayed, notices that the engine began anew, drops what
/// comes twice. A pure machine; the shell carries out its actions in their order.
///
/// Events carry numbers that rise by one. When events are lost for good, among which removals may be, the consumer is told
/// to forget everything, so that it knows a part of what the engine holds and not more. One case is not noticed: the
/// engine began anew, all its events up to the last that came live were lost, and the first that comes bears a number that
/// a replay has covered, or the next one.
///
/// | what comes | what is done |
/// |---|---|
/// | the first event, number 0 | applied |
/// | the first event, a later number | a replay from 0 is asked for, as far back as the engine has it |
/// | the next number | applied |
/// | a later number: a gap | a replay is asked for, from the last event that was applied |
/// | a number that a replay has covered | dropped |
/// | a number that has come before | dropped if its time stamp is the same, else the engine began anew |
///
/// A replay begins with the last event that was applied. If the engine now has another under that number (by its time
/// stamp), it began anew, unnoticed while there was no connection; if it no longer has it, events are lost. Where the first event
/// that is to be had has not the number 0, what the replica held before is unknown.
public struct CacheEventStream: Sendable {
  /// Messages kept while a replay runs, at most; when more come the replay is given up.
  public static let pendingLimit = 1_024

  public enum Action: Sendable, Equatable {
    case apply(CacheEventBatch)
    /// Forget what the replica holds.
    case clear(Reason)
    /// Ask the engine for its events from this number on. One replay runs at a time; a new one ends the one before.
    case replay(from: UInt64)
  }

  public enum Reason: Sendable, Equatable {
    /// The engine began anew.
    case restarted
    /// Events are lost for good.
    case lost
    /// The first events are not to be had.
    case joinedLate
  }

  private struct Message: Sendable {
    var number: UInt64
    var batch: CacheEventBatch
  }

  private struct Replay: Sendable {
    var from: UInt64
    /// The time stamp that the event `from` must have; nil when nothing is known of it, or when it was compared.
    var timestamp: Double?
  }

  /// A message by which it is known again.
  private struct Mark: Sendable {
    var number: UInt64
    var timestamp: Double
  }

  /// The last message that was applied, live or replayed.
  private var last: Mark?
  /// The last live message that was taken in.
  private var lastLive: Mark?
  private var replay: Replay?
  /// Live messages that came while a replay runs, in the order of their coming.
  private var pending: [Message] = []

  public init() {}

  /// Whether a replay was asked for and has not ended.
  public var isReplaying: Bool { replay != nil }

  /// A live message came.
  public mutating func received(_ number: UInt64, _ batch: CacheEventBatch) -> [Action] {
    let message = Message(number: number, batch: batch)
    guard replay != nil else { return live(message) }
    pending.append(message)
    return pending.count < Self.pendingLimit ? [] : replayEnded()
  }

  /// A message of the replay came.
  public mutating func replayed(_ number: UInt64, _ batch: CacheEventBatch) -> [Action] {
    guard let replay, number >= replay.from else { return [] }
    var actions: [Action] = []
    if let timestamp = replay.timestamp {
      self.replay?.timestamp = nil
      if number == replay.from {
        guard batch.timestamp != timestamp else { return [] }
        (last, lastLive) = (nil, nil)
        self.replay = Replay(from: 0)
        return [.clear(.restarted), .replay(from: 0)]
      }
      last = nil
      actions.append(.clear(.lost))
    }
    if let last {
      guard number > last.number else { return [] }
      if number - last.number > 1 { actions.append(.clear(.lost)) }
    } else if number > 0, actions.isEmpty {
      actions.append(.clear(.joinedLate))
    }
    last = Mark(number: number, timestamp: batch.timestamp)
    return actions + [.apply(batch)]
  }

  /// The replay is complete, or nothing more will come of it: what came live meanwhile is taken in.
  public mutating func replayEnded() -> [Action] {
    guard let ended = replay else { return [] }
    replay = nil
    var waiting = pending[...]
    pending = []
    var actions: [Action] = []
    if ended.timestamp != nil {
      last = nil
      actions.append(.clear(.lost))
    }
    // What the replay did not bring will not come: the first live message is gone on from in any case.
    if let first = waiting.popFirst() {
      if let last, first.number > last.number, first.number - last.number > 1 {
        actions.append(.clear(.lost))
        actions += adopt(first)
      } else if last == nil {
        actions += adopt(first, isTold: !actions.isEmpty)
      } else {
        actions += live(first)
      }
    }
    while let message = waiting.popFirst() {
      actions += live(message)
      if replay != nil {
        pending += waiting
        return actions
      }
    }
    return actions
  }

  private mutating func live(_ message: Message) -> [Action] {
    if let lastLive, message.number <= lastLive.number {
      if message.number == lastLive.number, message.batch.timestamp == lastLive.timestamp { return [] }
      (last, self.lastLive) = (nil, nil)
      return [.clear(.restarted)] + live(message)
    }
    guard let last else {
      if message.number == 0 { return adopt(message) }
      return ask(Replay(from: 0), before: message)
    }
    if message.number > last.number, message.number - last.number == 1 { return adopt(message) }
    if message.number <= last.number {
      lastLive = Mark(number: message.number, timestamp: message.batch.timestamp)
      return []
    }
    return ask(Replay(from: last.number, timestamp: last.timestamp), before: message)
  }

  private mutating func ask(_ replay: Replay, before message: Message) -> [Action] {
    self.replay = replay
    pending = [message]
    return [.replay(from: replay.from)]
  }

  /// - Parameter isTold: that events are lost.
  private mutating func adopt(_ message: Message, isTold: Bool = false) -> [Action] {
    let isLate = last == nil && message.number > 0 && !isTold
    last = Mark(number: message.number, timestamp: message.batch.timestamp)
    lastLive = last
    return isLate ? [.clear(.joinedLate), .apply(message.batch)] : [.apply(message.batch)]
  }
}
