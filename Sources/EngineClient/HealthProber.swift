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

  /// A replica and how it is probed.
  public struct Target: Sendable {
    public var replica: Replica
    public var path: String
    public var interval: Duration
    public var timeout: TimeAmount

    public init(
      replica: Replica, path: String = "/health", interval: Duration = .seconds(2), timeout: TimeAmount = .seconds(2)
    ) {
      self.replica = replica
      self.path = path
      self.interval = interval
      self.timeout = timeout
    }
  }

  private let client: EngineHTTPClient
  /// Called from any thread whenever a replica's verdict changes.
  private let onChange: @Sendable (Change) -> Void

  public init(client: EngineHTTPClient, onChange: @escaping @Sendable (Change) -> Void) {
    self.client = client
    self.onChange = onChange
  }

  /// Probes until the task is cancelled.
  public func run(_ targets: [Target]) async {
    await withTaskGroup(of: Void.self) { group in
      for target in targets {
        group.addTask {
          while !Task.isCancelled {
            await probe(target)
            try? await Task.sleep(for: target.interval)
          }
        }
      }
    }
  }

  /// `GET` of its path: an answer below 500 proves life, since not every engine has that path or opens it to everyone.
  public func probe(_ target: Target) async {
    let replica = target.replica
    let event: ReplicaHealth.Event
    do {
      let answer = try await client.get(
        host: replica.host, port: replica.port, usesTLS: replica.usesTLS, path: target.path,
        timeout: target.timeout)
      event =
        answer.status < 500
        ? .probeSucceeded : .probeFailed(reason: "GET \(target.path) answered \(answer.status)")
    } catch EngineHTTPClient.Failure.exhausted {
      // It was not asked, so nothing is known of it.
      return
    } catch {
      event = .probeFailed(reason: ConnectionFailure.text(error))
    }
    if let verdict = replica.health.handle(event, now: NIODeadline.now().uptimeNanoseconds) {
      onChange(Change(replica: replica, verdict: verdict, reason: replica.health.lastFailure))
    }
  }
}
