import Fleet
import NIOCore

/// Probes every replica of a fleet at intervals and tells its health machine.
///
/// One task a replica, so that a slow engine delays nobody's probe.
public struct HealthProber: Sendable {
  public struct Change: Sendable {
    public var replica: Replica
    public var verdict: ReplicaHealth.Verdict
    public var reason: String?
  }

  private let client: EngineHTTPClient
  public let interval: Duration
  public let timeout: TimeAmount
  /// Called from any thread whenever a replica's verdict changes.
  private let onChange: @Sendable (Change) -> Void

  public init(
    client: EngineHTTPClient, interval: Duration = .seconds(2), timeout: TimeAmount = .seconds(2),
    onChange: @escaping @Sendable (Change) -> Void
  ) {
    self.client = client
    self.interval = interval
    self.timeout = timeout
    self.onChange = onChange
  }

  /// Probes each replica once, all at the same time.
  public func probeAll(_ replicas: [Replica]) async {
    await withTaskGroup(of: Void.self) { group in
      for replica in replicas { group.addTask { await probe(replica) } }
    }
  }

  /// Probes until the task is cancelled.
  public func run(_ replicas: [Replica]) async {
    await withTaskGroup(of: Void.self) { group in
      for replica in replicas {
        group.addTask {
          while !Task.isCancelled {
            await probe(replica)
            try? await Task.sleep(for: interval)
          }
        }
      }
    }
  }

  /// `GET /health`: an answer below 500 proves life, since not every engine has that path or opens it to everyone.
  public func probe(_ replica: Replica) async {
    let event: ReplicaHealth.Event
    do {
      let answer = try await client.get(
        host: replica.host, port: replica.port, usesTLS: replica.usesTLS, path: "/health", timeout: timeout)
      event =
        answer.status < 500
        ? .probeSucceeded : .probeFailed(reason: "GET /health answered \(answer.status)")
    } catch {
      event = .probeFailed(reason: ConnectionFailure.text(error))
    }
    if let verdict = replica.health.handle(event, now: NIODeadline.now().uptimeNanoseconds) {
      onChange(Change(replica: replica, verdict: verdict, reason: replica.health.lastFailure))
    }
  }
}
