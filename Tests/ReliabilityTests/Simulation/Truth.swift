/// What is so, kept apart from the machines, to hold them against.
struct Truth {
  /// One connection as both ends know it.
  struct Connection {
    enum Phase { case connecting, idle, leased }

    var phase = Phase.connecting
    /// The serial of the copy that has it; −1 for none.
    var owner = -1
    var answers = 0
    /// The engine has closed its end.
    var isDead = false
  }

  /// One loop's connections to one replica, and who waits, in order.
  struct Pool {
    var connections: [Int: Connection] = [:]
    var waiters: [Int] = []
    /// Waiters of connections that are for them alone.
    var owners: Set<Int> = []
    var idle = 0
    var waiting: Int { waiters.count + owners.count }
  }

  /// Events of one loop in the last window of a budget: the oracle for what a budget let through.
  struct Window {
    private var times: [UInt64] = []
    private var head = 0

    mutating func append(_ time: UInt64) { times.append(time) }

    /// How many came at or after `start`; those before are forgotten.
    mutating func count(since start: UInt64) -> Int {
      while head < times.count, times[head] < start { head += 1 }
      if head > 1_024 {
        times.removeFirst(head)
        head = 0
      }
      return times.count - head
    }
  }

  /// Copies on each replica.
  var inFlight: [Int]
  /// The end of the last ejection.
  var ejectedUntil: [UInt64]
  var ejections: [Int]
  var live = 0
  var bytes = 0
  var retries: [Window]
  var hedges: [Window]
  var requestsForRetries: [Window]
  var requestsForHedges: [Window]

  init(loops: Int, replicas: Int) {
    inFlight = Array(repeating: 0, count: replicas)
    ejectedUntil = Array(repeating: 0, count: replicas)
    ejections = Array(repeating: 0, count: replicas)
    retries = Array(repeating: Window(), count: loops)
    hedges = Array(repeating: Window(), count: loops)
    requestsForRetries = Array(repeating: Window(), count: loops)
    requestsForHedges = Array(repeating: Window(), count: loops)
  }
}
