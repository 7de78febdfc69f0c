import Synchronization

/// Whether a replica may be chosen, as probes and requests tell. Safe from any thread; reading the verdict is one load.
public final class ReplicaHealth: Sendable {
  private let machine: Mutex<HealthMachine>
  private let verdict: Atomic<UInt8>
  /// Whether a success would change something.
  private let hasOpenFailures = Atomic<Bool>(false)

  public init(thresholds: HealthMachine.Thresholds = .init()) {
    machine = Mutex(HealthMachine(thresholds: thresholds))
    verdict = Atomic(HealthMachine.Verdict.unknown.rawValue)
  }

  public var state: HealthMachine.Verdict {
    HealthMachine.Verdict(rawValue: verdict.load(ordering: .relaxed)) ?? .unknown
  }

  /// Why it is suspect or failing; nil while ready or unknown.
  public var lastFailure: String? { machine.withLock { $0.lastFailure } }

  /// Hands an event to the machine.
  ///
  /// - Returns: the new verdict if the event changed it, for whoever logs it.
  @discardableResult
  public func handle(_ event: HealthMachine.Event) -> HealthMachine.Verdict? {
    machine.withLock { machine in
      let before = machine.verdict
      machine.handle(event)
      verdict.store(machine.verdict.rawValue, ordering: .relaxed)
      hasOpenFailures.store(machine.hasOpenFailures, ordering: .relaxed)
      return machine.verdict == before ? nil : machine.verdict
    }
  }

  /// A request was answered. Two loads when that changes nothing, so that the hot path takes no lock.
  public func handleSuccess() {
    guard state == .unknown || hasOpenFailures.load(ordering: .relaxed) else { return }
    handle(.requestSucceeded)
  }
}
