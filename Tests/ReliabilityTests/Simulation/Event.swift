/// Something that happens at a moment of virtual time. A `serial` names one sending of one copy: events of a copy that has
/// ended since find another serial, or none, and do nothing.
enum Event {
  case clientArrives(loop: Int)
  case clientLeaves(request: Int)
  case hedgeDue(request: Int)
  case copyTimesOut(serial: Int)
  case firstByte(serial: Int)
  case answerEnds(serial: Int)
  case copyFails(serial: Int, SimulatedFailure)
  case connectEnds(loop: Int, replica: Int, connection: Int, succeeds: Bool)
  /// The engine closes a connection; the loop learns of it a moment later.
  case engineCloses(loop: Int, replica: Int, connection: Int)
  case closeArrives(loop: Int, replica: Int, connection: Int)
  case chores(loop: Int)
  case probe(replica: Int)
  case outliers
  case faultChanges(replica: Int)
}

/// How a copy fails, as its loop sees it.
enum SimulatedFailure {
  case connectionClosed
  case garbage
  case status(Int)
  case midway
}

/// What a replica is doing to those who talk to it.
enum Fault: Int, CaseIterable {
  case none
  /// The process is gone: its connections are closed, new ones are refused.
  case refuses
  /// Takes connections (or not even that) and says nothing.
  case hangs
  /// Closes connections before it answers.
  case resets
  /// Answers 503 or 500 half of the time.
  case fails
  case slow
  case garbage
  /// Answers break off.
  case breaksOff
}
