import EngineClient
import FuzzCommand
import Seeded

/// An engine that publishes, a network that loses, and a consumer that follows.
struct StreamTrial {
  /// What the engine said under each number of its present life, and what it held after it.
  private var said: [(batch: CacheEventBatch, holds: Set<UInt64>)] = []
  private var holds: Set<UInt64> = []
  private var clock = 0.0
  private var stream = CacheEventStream()
  private var believed: Set<UInt64> = []
  /// What the engine held after the last event that was applied.
  private var truth: Set<UInt64> = []
  /// The numbers of the last message that came live and of the last that was applied, whatever the engine's life.
  private var lastLive = -1
  private var lastApplied = -1
  /// Nothing of the engine's present life has come yet.
  private var isNewLife = false
  private let kept: Int
  private let lossPercent: Int
  private let restartPercent: Int

  static func check(_ generator: inout SeededGenerator, _ tally: inout Tally) throws {
    var trial = StreamTrial(
      kept: Int.random(in: 0...40, using: &generator),
      lossPercent: [0, 5, 30][Int.random(in: 0...2, using: &generator)],
      restartPercent: [0, 3][Int.random(in: 0...1, using: &generator)])
    for _ in 0..<60 { try trial.step(&generator, &tally) }
    guard trial.lossPercent > 0 || trial.restartPercent > 0 || trial.believed == trial.holds else {
      throw Broken("a stream without losses is not known whole")
    }
  }

  private init(kept: Int, lossPercent: Int, restartPercent: Int) {
    self.kept = kept
    self.lossPercent = lossPercent
    self.restartPercent = restartPercent
  }

  private mutating func step(_ generator: inout SeededGenerator, _ tally: inout Tally) throws {
    if Int.random(in: 0..<100, using: &generator) < restartPercent {
      (said, holds) = ([], [])
      isNewLife = true
    }
    clock += 1
    let hash = UInt64.random(in: 0..<12, using: &generator)
    let event: CacheEvent
    switch Int.random(in: 0..<20, using: &generator) {
    case 0:
      holds = []
      event = .cleared
    case 1..<8:
      holds.remove(hash)
      event = .removed(hashes: [hash], medium: .gpu)
    default:
      holds.insert(hash)
      event = .stored(StoredBlocks(hashes: [hash]))
    }
    let batch = CacheEventBatch(timestamp: clock, events: [event])
    said.append((batch, holds))
    guard Int.random(in: 0..<100, using: &generator) >= lossPercent else { return }
    // The one case that a stream can't notice: the first of a new life comes for the next of the old one.
    if isNewLife, said.count - 1 > lastLive, said.count - 1 <= lastApplied + 1 { return }
    isNewLife = false
    lastLive = said.count - 1
    try carryOut(stream.received(UInt64(said.count - 1), batch), &tally)
  }

  /// What is applied of a live message or a replay is an event of the engine's present life, known by its time stamp.
  private mutating func carryOut(_ actions: [CacheEventStream.Action], _ tally: inout Tally) throws {
    for action in actions {
      switch action {
      case .apply(let batch):
        for event in batch.events {
          switch event {
          case .stored(let blocks): believed.formUnion(blocks.hashes)
          case .removed(let hashes, _): believed.subtract(hashes)
          case .cleared: believed = []
          }
        }
        guard let place = said.firstIndex(where: { $0.batch.timestamp == batch.timestamp }) else {
          throw Broken("an event of an earlier life was applied")
        }
        lastApplied = place
        truth = said[place].holds
        guard believed.isSubset(of: truth) else { throw Broken("believes \(believed), the engine held \(truth)") }
      case .clear(let reason):
        believed = []
        if reason == .restarted { tally.restarts += 1 } else { tally.losses += 1 }
      case .replay(let from):
        tally.replays += 1
        try replay(from: from, &tally)
        return
      }
    }
  }

  /// The engine has the last messages only; the network does not lose replies. A replay that another one ends goes no
  /// further.
  private mutating func replay(from number: UInt64, _ tally: inout Tally) throws {
    let before = tally.replays
    let first = max(Int(clamping: number), said.count - kept)
    for place in first..<max(first, said.count) {
      try carryOut(stream.replayed(UInt64(place), said[place].batch), &tally)
      if tally.replays != before { return }
    }
    try carryOut(stream.replayEnded(), &tally)
  }
}
