import EngineClient
import Fleet
import NIOCore

/// The addresses of a fleet's replicas that are known by a host name: an ORIGINAL_DST cluster takes addresses only.
/// Immutable; a look-up gives a new one.
struct ReplicaAddresses: Sendable {
  /// Looks up a host name; nil where it has no address now.
  typealias Resolver = @Sendable (_ host: String, _ port: Int) async -> String?

  /// Names that are looked up at once.
  static let lookUps = 16

  /// `address:port` by replica; IPv6 addresses in brackets.
  let known: [Int: String]
  /// Replicas whose names had no address when they were last looked up; what was known of them before stays in ``known``.
  let unresolved: [Replica]
  /// Replicas without an address, by identity: Envoy cannot be sent there.
  let unreachable: Set<Int>

  static let none = ReplicaAddresses(known: [:], unresolved: [])

  private init(known: [Int: String], unresolved: [Replica]) {
    self.known = known
    self.unresolved = unresolved
    unreachable = Set(unresolved.map(\.id)).subtracting(known.keys)
  }

  /// The placements that Envoy can be sent to.
  func reachable(_ placements: [Placement]) -> [Placement] {
    unreachable.isEmpty ? placements : placements.filter { !unreachable.contains($0.replica.id) }
  }

  /// The placements of pairs but for those that decode and that Envoy cannot be sent to: a prefill leg is sent by the
  /// processor itself, which looks names up.
  func reachable(ofPairs placements: [Placement]) -> [Placement] {
    unreachable.isEmpty
      ? placements : placements.filter { $0.role != .decode || !unreachable.contains($0.replica.id) }
  }

  /// `address:port` for Envoy.
  func authority(of replica: Replica) -> String { known[replica.id] ?? replica.authority }

  /// Looks up every replica that is known by a name; of others nothing is kept.
  ///
  /// - Parameter before: what was known until now: kept of a name that has no address now.
  static func lookUp(
    _ replicas: [Replica], before: ReplicaAddresses, resolve: @escaping Resolver
  ) async -> ReplicaAddresses {
    let named = replicas.filter { (try? SocketAddress(ipAddress: $0.host, port: $0.port)) == nil }
    var known: [Int: String] = [:]
    for replica in named { known[replica.id] = before.known[replica.id] }
    return await look(up: named, known: known, resolve: resolve)
  }

  /// Looks up again what is unresolved.
  func retried(resolve: @escaping Resolver) async -> ReplicaAddresses {
    await Self.look(up: unresolved, known: known, resolve: resolve)
  }

  private static func look(
    up replicas: [Replica], known: [Int: String], resolve: @escaping Resolver
  ) async -> ReplicaAddresses {
    var known = known
    var found: Set<Int> = []
    await withTaskGroup(of: (id: Int, address: String?).self) { group in
      func begin(_ replica: Replica) {
        group.addTask { (replica.id, await resolve(replica.host, replica.port)) }
      }
      var waiting = replicas[...]
      for replica in waiting.prefix(lookUps) { begin(replica) }
      waiting = waiting.dropFirst(lookUps)
      while let result = await group.next() {
        if let address = result.address {
          known[result.id] = address
          found.insert(result.id)
        }
        if let next = waiting.popFirst() { begin(next) }
      }
    }
    return ReplicaAddresses(known: known, unresolved: replicas.filter { !found.contains($0.id) })
  }

  /// The system's resolver.
  static let system: Resolver = { host, port in
    await withCheckedContinuation { continuation in
      HostNames.system.addresses(of: host, anew: true) { result in
        let address = (try? result.get())?.first?.ipAddress
        continuation.resume(returning: address.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" })
      }
    }
  }
}
