import Reliability
import Synchronization

/// Whether a replica may be chosen, as probes and requests tell.
///
/// Two machines side by side. Probes say whether it lives (``HealthMachine``): failing ones take it out until a probe
/// succeeds. Requests say whether it works (``EjectionMachine``): failed ones take it out for a time, which alone ends it,
/// since an engine that fails its requests may well answer its probes.
///
/// Safe from any thread. Events take a lock, but for a success that changes nothing; reading is two or three relaxed
/// loads, so a choice may see the one machine's change a moment before the other's.
public final class ReplicaHealth: Sendable {
  public enum Verdict: UInt8, Sendable {
    /// Never probed: may be chosen, so that a start does not wait for probes.
    case unknown
    case ready
    /// Requests fail on it: out of the choice until its time is over, taken only when no other replica can be chosen.
    case ejected
    /// Probes fail: never chosen.
    case failing
  }

  public enum Event: Sendable {
    case probeSucceeded
    case probeFailed(reason: String)
    /// A request was answered.
    case requestSucceeded
    /// Refused, broken before the answer or midway, first byte too late, answered 5xx.
    case requestFailed(reason: String)
    /// It fails more often than its neighbours do (``SuccessRateOutliers``).
    case foundOutlier(reason: String)
    /// Time has passed: tells of an ejection's end.
    case tick
  }

  private struct Machines {
    var probes: HealthMachine
    var ejection: EjectionMachine
    var ejectionReason: String?
  }

  private let machines: Mutex<Machines>
  private let verdict: Atomic<UInt8>
  private let probeVerdict: Atomic<UInt8>
  /// Of the replica that is made with this; there the end of the ejection stands, and whether probes fail.
  let vitals = ReplicaVitals()
  private let ejectionCount = Atomic<Int>(0)
  private let slowStartWindow: Atomic<UInt64>
  /// In thousandths.
  private let slowStartFloor: Atomic<UInt64>
  /// Whether a success would change something.
  private let hasOpenFailures = Atomic<Bool>(false)

  public init(thresholds: HealthMachine.Thresholds = .init(), ejection: EjectionMachine.Settings = .init()) {
    machines = Mutex(
      Machines(probes: HealthMachine(thresholds: thresholds), ejection: EjectionMachine(settings: ejection)))
    verdict = Atomic(Verdict.unknown.rawValue)
    probeVerdict = Atomic(HealthMachine.Verdict.unknown.rawValue)
    slowStartWindow = Atomic(ejection.slowStart.window)
    slowStartFloor = Atomic(Self.thousandths(ejection.slowStart.floor))
  }

  // MARK: Reading

  /// As of the last event; an ejection that is over by time alone shows at the next one. For logs, metrics and people.
  public var state: Verdict { Verdict(rawValue: verdict.load(ordering: .relaxed)) ?? .unknown }

  /// Whether a choice may fall on it at all, as of the last event: an ejected one is taken when no other is there.
  public var mayBeChosen: Bool { state != .failing }

  /// As of `now`. For a choice. No lock.
  public func state(at now: UInt64) -> Verdict {
    switch HealthMachine.Verdict(rawValue: probeVerdict.load(ordering: .relaxed)) {
    case .failing: .failing
    case .ready: now < vitals.ejectedUntil ? .ejected : .ready
    case .unknown, nil: now < vitals.ejectedUntil ? .ejected : .unknown
    }
  }

  /// The share of its load that it takes: in 0.01…1, less than 1 after an ejection (``SlowStart``). No lock.
  public func slowStartFactor(at now: UInt64) -> Double {
    let start = vitals.ejectedUntil
    guard start > 0 else { return 1 }
    let slowStart = SlowStart(
      window: slowStartWindow.load(ordering: .relaxed),
      floor: Double(slowStartFloor.load(ordering: .relaxed)) / 1_000)
    return slowStart.factor(since: start, now: now)
  }

  /// Times that it was ejected, also those that came right after another and so changed no verdict.
  public var ejections: Int { ejectionCount.load(ordering: .relaxed) }

  /// The end of the last ejection, monotonic nanoseconds; 0 when there was none.
  public var ejectionEnd: UInt64 { vitals.ejectedUntil }

  /// Why it is failing or ejected; nil while ready or unknown.
  public var lastFailure: String? { machines.withLock { $0.probes.lastFailure ?? $0.ejectionReason } }

  // MARK: Events

  /// Hands an event to the machines.
  ///
  /// - Parameter now: monotonic nanoseconds, of the same clock as everywhere.
  /// - Returns: the new verdict if it is another than after the event before, for whoever logs it.
  @discardableResult
  public func handle(_ event: Event, now: UInt64) -> Verdict? {
    machines.withLock { machines in
      // Time first: an ejection that is over must not swallow the event.
      note(machines.ejection.tick(now: now), "", &machines)
      switch event {
      case .probeSucceeded: machines.probes.handle(.probeSucceeded)
      case .probeFailed(let reason): machines.probes.handle(.probeFailed(reason: reason))
      case .requestSucceeded:
        machines.probes.handle(.requestSucceeded)
        note(machines.ejection.requestSucceeded(now: now), "", &machines)
      case .requestFailed(let reason): note(machines.ejection.requestFailed(now: now), reason, &machines)
      case .foundOutlier(let reason): note(machines.ejection.ejectAsOutlier(now: now), reason, &machines)
      case .tick: break
      }
      return publish(machines, now)
    }
  }

  /// A request was answered. Two loads when that changes nothing, so that the hot path takes no lock.
  ///
  /// - Returns: as ``handle(_:now:)``.
  @discardableResult
  public func handleSuccess(now: UInt64) -> Verdict? {
    switch state {
    case .ready, .failing: guard hasOpenFailures.load(ordering: .relaxed) else { return nil }
    case .ejected: guard now >= vitals.ejectedUntil else { return nil }
    case .unknown: break
    }
    return handle(.requestSucceeded, now: now)
  }

  /// The configuration was read anew. An ejection that runs keeps its end.
  public func apply(_ settings: EjectionMachine.Settings) {
    machines.withLock { $0.ejection.settings = settings }
    slowStartWindow.store(settings.slowStart.window, ordering: .relaxed)
    slowStartFloor.store(Self.thousandths(settings.slowStart.floor), ordering: .relaxed)
  }

  private func note(_ action: EjectionMachine.Action, _ reason: String, _ machines: inout Machines) {
    switch action {
    case .none: break
    case .eject(let until):
      machines.ejectionReason = reason
      vitals.ejectedUntilValue.store(until, ordering: .relaxed)
      ejectionCount.wrappingAdd(1, ordering: .relaxed)
    case .restore: machines.ejectionReason = nil
    }
  }

  private func publish(_ machines: Machines, _ now: UInt64) -> Verdict? {
    probeVerdict.store(machines.probes.verdict.rawValue, ordering: .relaxed)
    vitals.set(ReplicaVitals.failing, machines.probes.verdict == .failing)
    hasOpenFailures.store(
      machines.probes.hasOpenFailures || machines.ejection.consecutiveFailures > 0, ordering: .relaxed)
    let after: Verdict =
      switch (machines.probes.verdict, machines.ejection.state(at: now)) {
      case (.failing, _): .failing
      case (_, .ejected): .ejected
      case (.unknown, _): .unknown
      case (.ready, _): .ready
      }
    let before = verdict.exchange(after.rawValue, ordering: .relaxed)
    return before == after.rawValue ? nil : after
  }

  private static func thousandths(_ share: Double) -> UInt64 { UInt64(max(10, min(1_000, (share * 1_000).rounded()))) }
}
