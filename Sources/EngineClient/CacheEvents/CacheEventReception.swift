import Foundation
import ZeroMQ

/// What the subscriber's thread has in its hands: the sockets, and the order of each replica's events.
struct CacheEventReception {
  typealias Source = CacheEventSubscriber.Source

  /// Messages of one socket that are taken in at a time, so that none keeps the others waiting.
  private static let burst = 64

  private struct Listening {
    var source: Source
    var socket: ZeroMQSocket
  }

  private struct Replica {
    var stream = CacheEventStream()
    var replayEndpoint: String?
    var wantsTokens = false
    /// The running replay, and when it is given up.
    var replay: (socket: ZeroMQSocket, deadline: UInt64)?
  }

  private let context: ZeroMQContext
  private let sink: any CacheEventSink
  private let onProblem: @Sendable (String) -> Void
  private var listening: [Listening] = []
  private var replicas: [Int: Replica] = [:]
  private(set) var statistics = CacheEventSubscriber.Statistics()
  /// Some of what is to be listened to could not be opened, and is to be tried again.
  private(set) var lacksSources = false

  init(context: ZeroMQContext, sink: any CacheEventSink, onProblem: @escaping @Sendable (String) -> Void) {
    self.context = context
    self.sink = sink
    self.onProblem = onProblem
  }

  /// Opens what is new and closes what is gone. A socket stays as long as something comes over it: a port that is bound
  /// is not free at once when it is closed.
  ///
  /// - Parameter isRepeated: the same was said before, so that problems have been told.
  mutating func listen(to sources: [Source], isRepeated: Bool = false) {
    let onProblem = isRepeated ? { _ in } : onProblem
    let sources = distinct(sources, onProblem)
    var kept: [Listening] = []
    lacksSources = false
    for source in sources {
      if let known = listening.first(where: { $0.source.attachment == source.attachment }) {
        kept.append(Listening(source: source, socket: known.socket))
        continue
      }
      do {
        let socket = try ZeroMQSocket(.subscriber, context: context)
        try socket.subscribe("")
        switch source.attachment {
        case .connect(let endpoint): try socket.connect(endpoint)
        case .bind(let endpoint): try socket.bind(endpoint)
        }
        kept.append(Listening(source: source, socket: socket))
      } catch {
        lacksSources = true
        onProblem("KV events: \(error); it is tried again every 10 s")
      }
    }
    listening = kept
    var ids: Set<Int> = []
    for source in sources {
      for id in source.replicaIDs {
        ids.insert(id)
        if let known = replicas[id], known.wantsTokens != source.wantsTokens {
          replicas[id] = nil
          sink.cleared(replica: id, because: .leftAlone)
        }
        replicas[id, default: Replica()].replayEndpoint = source.replayEndpoints[id]
        replicas[id]?.wantsTokens = source.wantsTokens
      }
    }
    for id in replicas.keys where !ids.contains(id) {
      replicas[id] = nil
      sink.cleared(replica: id, because: .leftAlone)
    }
  }

  /// The sources without those that name an attachment or a replica again: numbers of two publishers make no one order.
  private func distinct(_ sources: [Source], _ onProblem: (String) -> Void) -> [Source] {
    var taken: [Source] = []
    var ids: Set<Int> = []
    for source in sources {
      let isTaken = taken.contains { $0.attachment == source.attachment } || !ids.isDisjoint(with: source.replicaIDs)
      guard !isTaken else {
        onProblem(
          "KV events: an endpoint or a replica is named twice; the second source is left out: \(source.attachment)")
        continue
      }
      taken.append(source)
      ids.formUnion(source.replicaIDs)
    }
    return taken
  }

  /// Waits for messages and takes in those that are there; ends replays whose time is over.
  mutating func turn(milliseconds: Int, now: () -> UInt64) {
    let replaying = replicas.keys.filter { replicas[$0]?.replay != nil }
    let sockets = listening.map(\.socket) + replaying.compactMap { replicas[$0]?.replay?.socket }
    guard !sockets.isEmpty else {
      Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
      return
    }
    do {
      let ready = try ZeroMQSocket.poll(sockets, milliseconds: milliseconds)
      // Replays first: what they bring is older.
      for (place, id) in replaying.enumerated() where ready[listening.count + place] {
        try receiveReplay(of: id, now: now)
      }
      for (place, entry) in listening.enumerated() where ready[place] { try receive(entry, now: now) }
    } catch {
      onProblem("KV events: \(error)")
      Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
    }
    let time = now()
    for id in replaying where replicas[id]?.replay.map({ time >= $0.deadline }) ?? false { endReplay(of: id, now: now) }
  }

  private mutating func receive(_ entry: Listening, now: () -> UInt64) throws(ZeroMQFailure) {
    for _ in 0..<Self.burst {
      guard let frames = try entry.socket.receive() else { return }
      guard let id = entry.source.replicaID(topic: frames.first ?? []) else { continue }
      guard frames.count >= 3, let (number, batch) = read(frames) else {
        statistics.badMessages += 1
        continue
      }
      carryOut(replicas[id]?.stream.received(number, batch) ?? [], for: id, now: now)
    }
  }

  private mutating func receiveReplay(of id: Int, now: () -> UInt64) throws(ZeroMQFailure) {
    for _ in 0..<Self.burst {
      guard let socket = replicas[id]?.replay?.socket, let frames = try socket.receive() else { return }
      // The end is marked by the number -1; some engines put the topic before the number, some nothing.
      if frames.count >= 2, frames[frames.count - 2] == Array(repeating: 0xFF, count: 8) {
        endReplay(of: id, now: now)
        return
      }
      guard frames.count >= 2, let (number, batch) = read(frames) else {
        statistics.badMessages += 1
        continue
      }
      carryOut(replicas[id]?.stream.replayed(number, batch) ?? [], for: id, now: now)
    }
  }

  private mutating func endReplay(of id: Int, now: () -> UInt64) {
    replicas[id]?.replay = nil
    carryOut(replicas[id]?.stream.replayEnded() ?? [], for: id, now: now)
  }

  /// The last two frames: eight bytes of the number, big endian, and the batch.
  private func read(_ frames: [[UInt8]]) -> (UInt64, CacheEventBatch)? {
    let number = frames[frames.count - 2]
    guard number.count == 8, let batch = try? CacheEventBatch(frames[frames.count - 1]) else { return nil }
    return (number.reduce(0) { $0 << 8 | UInt64($1) }, batch)
  }

  private mutating func carryOut(_ actions: [CacheEventStream.Action], for id: Int, now: () -> UInt64) {
    for action in actions {
      switch action {
      case .apply(let batch): apply(batch, id)
      case .clear(let reason):
        switch reason {
        case .restarted:
          statistics.restarts += 1
          sink.cleared(replica: id, because: .restarted)
        case .lost:
          statistics.losses += 1
          sink.cleared(replica: id, because: .lost)
        case .joinedLate: sink.cleared(replica: id, because: .joinedLate)
        }
      case .replay(let from): startReplay(of: id, from: from, now: now)
      }
    }
    // A stream that gave a replay up does not wait for its socket.
    if replicas[id]?.stream.isReplaying == false { replicas[id]?.replay = nil }
  }

  private mutating func startReplay(of id: Int, from number: UInt64, now: () -> UInt64) {
    statistics.replays += 1
    replicas[id]?.replay = nil
    guard let endpoint = replicas[id]?.replayEndpoint else { return endReplay(of: id, now: now) }
    do {
      let socket = try ZeroMQSocket(.dealer, context: context)
      try socket.connect(endpoint)
      try socket.send([[], (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }])
      replicas[id]?.replay = (socket, now() + CacheEventSubscriber.replayTimeout)
    } catch {
      onProblem("KV events: replay: \(error)")
      endReplay(of: id, now: now)
    }
  }

  private mutating func apply(_ batch: CacheEventBatch, _ id: Int) {
    statistics.batches += 1
    statistics.events += batch.events.count
    statistics.unknownEvents += batch.unknownEvents
    for event in batch.events {
      switch event {
      case .stored(let blocks): sink.stored(replica: id, blocks: blocks)
      case .removed(let hashes, let medium): sink.removed(replica: id, hashes: hashes, medium: medium)
      case .cleared: sink.cleared(replica: id, because: .emptied)
      }
    }
  }
}

extension CacheEventSubscriber.Source {
  fileprivate var replicaIDs: [Int] {
    switch publisher {
    case .replica(let id): [id]
    case .topics(let topics): Array(topics.values)
    }
  }

  fileprivate func replicaID(topic: [UInt8]) -> Int? {
    switch publisher {
    case .replica(let id): id
    case .topics(let topics): topics[String(decoding: topic, as: UTF8.self)]
    }
  }
}
