/// One engine process at an address.
///
/// Identity and address never change; what changes while it serves stands in ``load`` and ``health``, which every
/// snapshot of the fleet shares, so that publishing a new snapshot loses no counter.
public final class Replica: Sendable {
  /// Dense and stable for the life of the process: an index into per-loop pools.
  public let id: Int
  /// Shown in traces, metrics and logs.
  public let name: String
  public let host: String
  public let port: Int
  /// Whether connections to it are encrypted; then its host name is verified.
  public let usesTLS: Bool
  public let load: ReplicaLoad
  public let health: ReplicaHealth

  public init(
    id: Int, name: String, host: String, port: Int, usesTLS: Bool = false, health: ReplicaHealth = ReplicaHealth()
  ) {
    self.id = id
    self.name = name
    self.host = host
    self.port = port
    self.usesTLS = usesTLS
    self.load = ReplicaLoad()
    self.health = health
  }

  /// `host:port`, IPv6 hosts in brackets.
  public var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
