import Balancing
import Reliability

/// A client's request as its loop sees it, with what the checks need to know beside.
final class SimulatedRequest {
  let id: Int
  let loop: Int
  let arrivedAt: UInt64
  var bytes = 0
  var attempts: AttemptMachine
  var tried = ReplicaSet()
  /// Replicas it was ever sent to, a bit each: the truth to hold `tried` against.
  var sentTo: UInt64 = 0
  var copies: [Copy] = []

  init(id: Int, loop: Int, arrivedAt: UInt64, attemptLimit: Int) {
    self.id = id
    self.loop = loop
    self.arrivedAt = arrivedAt
    attempts = AttemptMachine(attemptLimit: attemptLimit)
  }
}

/// One sending of a request to a replica.
final class Copy {
  enum Phase { case waiting, sent, streaming }

  let request: SimulatedRequest
  let replica: Int
  /// Names it to the pool and to events; a new one when it is sent again on a fresh connection.
  var serial: Int
  var phase = Phase.waiting
  /// When the phase began.
  var since: UInt64
  /// Meaningful from `sent` on.
  var connection = -1
  /// Its kept connection was dead once.
  var wasRenewed = false

  init(request: SimulatedRequest, replica: Int, serial: Int, since: UInt64) {
    self.request = request
    self.replica = replica
    self.serial = serial
    self.since = since
  }
}
