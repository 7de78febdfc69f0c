import Fleet
import Foundation
import NIOCore
import Synchronization

/// Has engines load LoRA adapters that are asked for and that they do not have, and unload others where they have no room.
///
/// One load of an adapter on a replica at a time: whoever wants the same waits for it. A load runs to its end, within
/// ``loadTimeout``, though all who waited have left: the engine would go on with it anyway. After one that failed the same is not
/// tried again for ``pause``. At most ``limit`` loads at a time; further ones fail. Safe from any thread; nothing here blocks.
public final class AdapterLoader: Sendable {
  /// Loads under way, and failures that are remembered, at most.
  public static let limit = 256
  /// From the request to the end of the engine's answer.
  public static let loadTimeout = TimeAmount.seconds(30)
  static let unloadTimeout = TimeAmount.seconds(5)
  /// After a failure.
  public static let pause = Duration.seconds(5)

  /// What is to be loaded, and where.
  public struct Order: Sendable {
    public struct Name: Sendable {
      public var text: String
      /// As in ``LoadedAdapters``; not 0.
      public var key: UInt64

      public init(_ text: String, key: UInt64) {
        self.text = text
        self.key = key
      }
    }

    public var adapter: Name
    /// Where the engine finds it: a path on its machine, or `huggingface://ORGANISATION/NAME`.
    public var source: String
    public var placement: Placement
    /// Those that may be unloaded for it, since they can be loaded again.
    public var replaceable: [Name]

    public init(_ adapter: Name, from source: String, on placement: Placement, replaceable: [Name]) {
      self.adapter = adapter
      self.source = source
      self.placement = placement
      self.replaceable = replaceable
    }
  }

  public struct Failure: Error, Sendable, Equatable {
    /// The end of a sentence that begins with the replica.
    public var reason: String
    /// Seconds after which it is worth asking again.
    public var retryAfter: Int

    public init(reason: String, retryAfter: Int) {
      self.reason = reason
      self.retryAfter = retryAfter
    }
  }

  public typealias Outcome = Result<Void, Failure>

  /// What became of an order at once.
  public enum Reply: Sendable {
    case loaded
    case failed(Failure)
    /// The outcome comes later; ``AdapterLoader/leave(_:)`` gives it up.
    case waiting(Ticket)
  }

  public struct Ticket: Sendable {
    fileprivate let place: Place
    fileprivate let number: Int
  }

  /// Something happened that counts.
  public enum Event: Sendable {
    case loaded(Order, seconds: Double)
    case failed(Order, reason: String, seconds: Double)
    case unloaded(adapter: String, Replica)
    case unloadFailed(adapter: String, Replica, reason: String)
  }

  fileprivate struct Place: Hashable, Sendable {
    var replica: Int
    var adapter: UInt64
  }

  private struct State {
    /// By what is loaded: those who wait.
    var waiters: [Place: [Int: @Sendable (Outcome) -> Void]] = [:]
    var failures: [Place: (until: ContinuousClock.Instant, reason: String)] = [:]
    var lastNumber = 0
  }

  private let client: EngineHTTPClient
  private let onEvent: @Sendable (Event) -> Void
  private let state = Mutex(State())

  /// - Parameter onEvent: called on any thread.
  public init(client: EngineHTTPClient, onEvent: @escaping @Sendable (Event) -> Void) {
    self.client = client
    self.onEvent = onEvent
  }

  /// Has an adapter loaded, if it is not.
  ///
  /// - Parameter done: called once, on any thread, where the reply says that the outcome comes later.
  public func load(_ order: Order, done: @escaping @Sendable (Outcome) -> Void) -> Reply {
    let replica = order.placement.replica
    let place = Place(replica: replica.id, adapter: order.adapter.key)
    let now = ContinuousClock.now
    return state.withLock { state in
      let isUnderWay = state.waiters[place] != nil
      if !isUnderWay {
        if replica.adapters.contains(place.adapter) { return .loaded }
        if let failure = state.failures[place] {
          guard failure.until <= now else {
            let seconds = Int((failure.until - now).components.seconds) + 1
            return .failed(Failure(reason: failure.reason, retryAfter: seconds))
          }
          state.failures[place] = nil
        }
        guard state.waiters.count < Self.limit else {
          return .failed(Failure(reason: "\(Self.limit) adapters are being loaded already", retryAfter: 1))
        }
      }
      state.lastNumber += 1
      let number = state.lastNumber
      state.waiters[place, default: [:]][number] = done
      if !isUnderWay {
        replica.adapters.loadingBegan(place.adapter)
        Task { await self.carryOut(order, place) }
      }
      return .waiting(Ticket(place: place, number: number))
    }
  }

  /// The outcome is not wanted any more. Harmless once it was told.
  public func leave(_ ticket: Ticket) {
    state.withLock { $0.waiters[ticket.place]?[ticket.number] = nil }
  }

  private func carryOut(_ order: Order, _ place: Place) async {
    let began = ContinuousClock.now
    await makeRoom(for: order)
    let failure = await failure(of: order)
    let reason = failure?.reason
    // What this process lacks is not held against the engine.
    let pause = failure?.isOurs == true ? .zero : Self.pause
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let adapters = order.placement.replica.adapters
    if reason == nil {
      adapters.loadingEnded(place.adapter)
    } else {
      let now = NIODeadline.now().uptimeNanoseconds
      adapters.loadingFailed(
        place.adapter, now: now, until: now + UInt64(pause.components.seconds) * 1_000_000_000)
    }
    let waiters = state.withLock { state in
      if let reason {
        state.failures = state.failures.filter { $0.value.until > .now }
        if pause > .zero, state.failures.count < Self.limit { state.failures[place] = (.now + pause, reason) }
      }
      return state.waiters.removeValue(forKey: place) ?? [:]
    }
    let outcome: Outcome =
      reason.map { .failure(Failure(reason: $0, retryAfter: max(1, Int(pause.components.seconds)))) } ?? .success(())
    onEvent(
      reason.map { .failed(order, reason: $0, seconds: seconds) } ?? .loaded(order, seconds: seconds))
    for done in waiters.values { done(outcome) }
  }

  /// Unloads the adapter that was not used for the longest time, where the engine says how many it has room for and that many
  /// are loaded. An engine may have room for more than it runs at once: where none can be given up, the load is tried all the
  /// same.
  private func makeRoom(for order: Order) async {
    let replica = order.placement.replica
    let slots = replica.metrics[.maxAdapters].map { Int(min($0, 1e6)) } ?? .max
    // The one to come is among them.
    guard replica.adapters.count > min(slots, LoadedAdapters.capacity - 1) else { return }
    let activity = replica.metrics.adapters
    let busy = Set((activity?.running ?? []) + (activity?.waiting ?? []))
    let idle = order.replaceable.filter { !busy.contains($0.text) }
    guard let key = replica.adapters.takeIdle(among: idle.map(\.key)),
      let name = idle.first(where: { $0.key == key })?.text
    else { return }
    do {
      let answer = try await post("unload_lora_adapter", ["lora_name": name], order, Self.unloadTimeout)
      // 404: it has none of that name.
      guard (200..<300).contains(answer.status) || answer.status == 404 else {
        return onEvent(.unloadFailed(adapter: name, replica, reason: Self.text(of: answer)))
      }
      onEvent(.unloaded(adapter: name, replica))
    } catch {
      onEvent(.unloadFailed(adapter: name, replica, reason: "\(error)"))
    }
  }

  /// nil when the adapter is loaded.
  private func failure(of order: Order) async -> (reason: String, isOurs: Bool)? {
    do {
      let answer = try await post(
        "load_lora_adapter", ["lora_name": order.adapter.text, "lora_path": Self.path(of: order.source)], order,
        Self.loadTimeout)
      if (200..<300).contains(answer.status) { return nil }
      // One that has it already refuses to load it.
      if (400..<500).contains(answer.status), await has(order) { return nil }
      return (Self.text(of: answer), false)
    } catch {
      if case EngineHTTPClient.Failure.exhausted = error { return ("\(error)", true) }
      return ("\(error)", false)
    }
  }

  private func has(_ order: Order) async -> Bool {
    let replica = order.placement.replica
    let answer = try? await client.get(
      host: replica.host, port: replica.port, usesTLS: replica.usesTLS, path: "\(order.placement.pathPrefix)/v1/models",
      headers: Self.headers(of: order.placement))
    guard let answer, let models = try? EngineModels.decode(answer) else { return false }
    return models.models.contains { $0.id == order.adapter.text }
  }

  private func post(
    _ command: String, _ body: [String: String], _ order: Order, _ timeout: TimeAmount
  ) async throws -> EngineHTTPClient.Answer {
    let (placement, replica) = (order.placement, order.placement.replica)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    // SGLang's has no version in its path.
    let version = placement.handOver == .sglang ? "" : "/v1"
    return try await client.post(
      host: replica.host, port: replica.port, usesTLS: replica.usesTLS,
      path: "\(placement.pathPrefix)\(version)/\(command)", headers: Self.headers(of: placement),
      json: Array(try encoder.encode(body)), timeout: timeout)
  }

  private static func headers(of placement: Placement) -> [(String, String)] {
    var headers: [(String, String)] = []
    placement.headerLines.forEachField { headers.append(($0, $1)) }
    return headers
  }

  /// As engines write the models of Hugging Face.
  static func path(of source: String) -> String {
    let prefix = "huggingface://"
    return source.hasPrefix(prefix) ? String(source.dropFirst(prefix.count)) : source
  }

  /// An engine's refusal in one line.
  private static func text(of answer: EngineHTTPClient.Answer) -> String {
    let text = String(decoding: answer.body.readableBytesView.prefix(200), as: UTF8.self)
    let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    return "it answered \(answer.status)" + (line.isEmpty ? "" : ": \(line)")
  }
}
