/// `session-affinity`: the replica that the session had, else the one that rendezvous hashing gives it.
///
/// Rendezvous hashing (Thaler and Ravishankar, 1998): the replica with the highest hash (FNV-1a, mixed) of session key, zero
/// byte and address; when a replica goes, only its own sessions move. A session whose replica may not be chosen moves for that
/// request.
enum SessionAffinityStrategy {
  static let documentation = StrategyDocumentation(
    "The replica that the session had, else the one that rendezvous hashing gives it.",
    inputs: "the session that the request names", substitute: .leastTTFT)

  @inline(__always) static func cost(_ candidate: Candidate, _ session: SessionKey) -> Double {
    candidate.placement.readReplica { replica in
      if session.replica == replica.id { return -1 }
      return 1 - Double(session.weight(of: replica.authority) >> 11) * 0x1p-53
    }
  }
}
