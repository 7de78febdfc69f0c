import Foundation
import NIOCore
import Synchronization
import ZeroMQ

/// Listens to engines' KV events over ZeroMQ, on a thread of its own, and tells a ``CacheEventSink``.
///
/// Each replica has a ``CacheEventStream``. What it asks to have replayed comes over a DEALER socket to the engine's
/// replay endpoint; a replay that is not complete after ``replayTimeout`` has ended. Bounded are the queues of the
/// sockets (1,000 messages, each frame of at most 16 MiB) and the messages kept during a replay
/// (``CacheEventStream/pendingLimit``); what a full queue drops shows as a gap. Usual messages have some kilobytes. Replicas that are no longer among the sources are cleared.
public final class CacheEventSubscriber: Sendable {
  /// Engines' events at one endpoint.
  public struct Source: Sendable, Equatable {
    /// Who makes the connection: vLLM's publisher listens, llm-d's simulator calls.
    public enum Attachment: Sendable, Equatable {
      case connect(String)
      case bind(String)
    }

    /// Whose events they are. A replica's come from one source: an engine whose data-parallel ranks publish apart, each
    /// with numbers of its own, is as many replicas.
    public enum Publisher: Sendable, Equatable {
      case replica(Int)
      /// Several replicas, told apart by the topic, such as `kv@10.0.0.7:8000@llama`; other topics are passed over.
      case topics([String: Int])
    }

    public var attachment: Attachment
    public var publisher: Publisher
    /// By replica; replicas without one cannot have gaps filled.
    public var replayEndpoints: [Int: String]
    /// Somebody goes by the tokens of blocks. When that changes, events are listened to anew from the first that is to be had.
    public var wantsTokens: Bool

    public init(
      _ attachment: Attachment, publisher: Publisher, replayEndpoints: [Int: String] = [:], wantsTokens: Bool = false
    ) {
      self.attachment = attachment
      self.publisher = publisher
      self.replayEndpoints = replayEndpoints
      self.wantsTokens = wantsTokens
    }
  }

  /// Counts since the subscriber's start.
  public struct Statistics: Sendable, Equatable {
    public var batches = 0
    public var events = 0
    public var unknownEvents = 0
    /// Messages that could not be read.
    public var badMessages = 0
    public var replays = 0
    public var restarts = 0
    /// How often events were lost for good.
    public var losses = 0
  }

  /// How long a replay may take.
  public static let replayTimeout: UInt64 = 5_000_000_000

  /// Between two tries to open what could not be opened, in nanoseconds.
  static let retryInterval: UInt64 = 10_000_000_000

  private struct State {
    var sources: [Source] = []
    var generation = 0
    var isStopped = false
    var statistics = Statistics()
  }

  private let state = Mutex(State())
  private let sink: any CacheEventSink
  /// Called on the subscriber's thread with a sentence when a source cannot be listened to.
  private let onProblem: @Sendable (String) -> Void

  public init(sink: any CacheEventSink, onProblem: @escaping @Sendable (String) -> Void = { _ in }) {
    self.sink = sink
    self.onProblem = onProblem
  }

  /// What is listened to from now on. Replicas that stay at the same endpoint keep their place in the order of events.
  public func listen(to sources: [Source]) {
    state.withLock { state in
      state.sources = sources
      state.generation += 1
    }
  }

  public var statistics: Statistics { state.withLock { $0.statistics } }

  /// Starts the thread. To be called once.
  public func start() throws(ZeroMQFailure) {
    let context = try ZeroMQContext()
    let thread = Thread { [self] in run(context) }
    thread.name = "kv-events"
    thread.start()
  }

  /// The thread ends within a tenth of a second.
  public func stop() { state.withLock { $0.isStopped = true } }

  // MARK: On the thread

  private func run(_ context: ZeroMQContext) {
    var reception = CacheEventReception(context: context, sink: sink, onProblem: onProblem)
    var generation = 0
    var triedAt: UInt64 = 0
    func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }
    while true {
      let (isStopped, isNew, sources) = state.withLock { state in
        defer { generation = state.generation }
        return (state.isStopped, state.generation != generation, state.sources)
      }
      if isStopped { return }
      if isNew || reception.lacksSources && now() - triedAt >= Self.retryInterval {
        triedAt = now()
        reception.listen(to: sources, isRepeated: !isNew)
      }
      reception.turn(milliseconds: 50, now: now)
      state.withLock { $0.statistics = reception.statistics }
    }
  }
}
