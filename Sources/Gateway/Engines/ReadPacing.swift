import NIOCore

/// Whether an engine's event stream is listened to all the time, or by moments.
///
/// A read, a write and a wake-up cost some 10 µs, whatever they carry. An engine that sends its events back to back has
/// the next one ready by then, so that each would be passed on alone. Network cards moderate their interrupts for the
/// same reason, and by the same rule: what comes alone is told at once, what comes in bursts is told together.
///
/// The first event of a burst is passed on at once, and so is the second; what follows waits for ``pause`` at most.
struct ReadPacing {
  /// For how long nothing is read, once a burst has begun.
  static let pause = TimeAmount.microseconds(250)
  /// Bytes that come sooner than this after they were listened for belong to a burst: a pause then gathers two events or
  /// more.
  static let burstGap = TimeAmount.microseconds(125)

  enum Step: Equatable {
    case read
    /// Read nothing, until ``listens(at:)`` is told.
    case pause
    /// A pause is under way.
    case wait
  }

  private var listeningSince = NIODeadline.uptimeNanoseconds(0)
  /// Nothing has come since then: what comes behind the first bytes of one read says nothing of the engine's pace.
  private var isListening = true
  private var isBurst = false
  /// A pause is under way.
  private(set) var isPaused = false

  /// Bytes of a stream of events have come.
  mutating func received(at time: NIODeadline) {
    guard isListening else { return }
    isListening = false
    isBurst = time - listeningSince < Self.burstGap
    listeningSince = time
  }

  /// What is to be done about the next bytes.
  mutating func next() -> Step {
    if isPaused { return .wait }
    isListening = !isBurst
    guard isBurst else { return .read }
    isPaused = true
    return .pause
  }

  /// It is listened to again, after a pause or because its client takes bytes again: what has come meanwhile is read at
  /// once, and belongs to a burst.
  mutating func listens(at time: NIODeadline) {
    isPaused = false
    isBurst = false
    isListening = true
    listeningSince = time
  }

  /// The stream is over; what comes next is another answer.
  mutating func ended() {
    isBurst = false
    listeningSince = .uptimeNanoseconds(0)
  }
}
