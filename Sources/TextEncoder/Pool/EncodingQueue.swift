/// The texts that wait for an encoder's workers: bounded, with deadlines, each text once.
///
/// A value without threads or clock: ``EncoderPool`` carries out what it answers. Two askers of one text share a place
/// (single flight). A text is begun as long as one of them still wants it; those whose deadline passed before are
/// answered when a worker comes to the text, those whose deadline passes meanwhile get the result, late. When nobody is left
/// whose deadline is to come, the reading ends with what it has, for those who asked by then.
///
/// Bounds: `capacity` texts that wait, `askerLimit` askers a text; ``EncoderPool`` takes no text that is too long.
struct EncodingQueue {
  /// What an asker is known by.
  typealias Asker = UInt64

  private struct Place {
    /// Asker and its deadline.
    var askers: [(asker: Asker, deadline: UInt64?)]
    var isRunning = false
  }

  let capacity: Int
  let askerLimit: Int
  private var places: [QueuedText: Place] = [:]
  /// Texts in the order they came; those in ``places`` that do not run yet. Taken ones leave from the front.
  private var order: [QueuedText?] = []
  private var front = 0

  init(capacity: Int, askerLimit: Int) {
    self.capacity = capacity
    self.askerLimit = askerLimit
  }

  /// Texts that no worker has taken yet.
  var waiting: Int { order.count - front }

  /// Texts that a worker reads.
  var running: Int { places.count - waiting }

  /// A text is asked for.
  ///
  /// - Returns: why it is refused; nil: it waits, and its asker will be answered by ``finish(_:)`` or ``take(now:)``.
  mutating func ask(_ text: QueuedText, by asker: Asker, deadline: UInt64?, now: UInt64) -> EncoderPoolError? {
    if let deadline, deadline <= now { return .deadlineExceeded }
    if places[text] != nil {
      guard let count = places[text]?.askers.count, count < askerLimit else { return .queueFull(capacity: askerLimit) }
      places[text]?.askers.append((asker, deadline))
      return nil
    }
    guard waiting < capacity else { return .queueFull(capacity: capacity) }
    places[text] = Place(askers: [(asker, deadline)])
    order.append(text)
    return nil
  }

  /// A worker is free: the oldest text that someone still wants, and the askers whose deadline passed while they waited
  /// for texts that nobody wants any more.
  mutating func take(now: UInt64) -> (text: QueuedText?, late: [Asker]) {
    var late: [Asker] = []
    while front < order.count {
      guard let text = order[front] else { preconditionFailure("a text waits until it is taken") }
      order[front] = nil
      front += 1
      if front >= 64, front * 2 >= order.count {
        order.removeFirst(front)
        front = 0
      }
      guard let place = places[text] else { preconditionFailure("every waiting text has a place") }
      let wanting = place.askers.filter { asker in asker.deadline.map { $0 > now } ?? true }
      late += place.askers.filter { asker in asker.deadline.map { $0 <= now } ?? false }.map(\.asker)
      guard !wanting.isEmpty else {
        places[text] = nil
        continue
      }
      places[text] = Place(askers: wanting, isRunning: true)
      return (text, late)
    }
    return (nil, late)
  }

  /// Gives a text that runs up if nobody wants it any more: tried before each of its windows.
  ///
  /// - Returns: the askers to answer with what was read; whoever asks from now on waits for a reading of its own. nil:
  ///   someone still wants it.
  mutating func abandon(_ text: QueuedText, now: UInt64) -> [Asker]? {
    guard let place = places[text] else { preconditionFailure("every running text has a place") }
    if place.askers.contains(where: { asker in asker.deadline.map { $0 > now } ?? true }) { return nil }
    return finish(text)
  }

  /// A text was read: the askers to answer.
  mutating func finish(_ text: QueuedText) -> [Asker] {
    guard let place = places.removeValue(forKey: text) else { return [] }
    precondition(place.isRunning, "a text is finished once it was taken")
    return place.askers.map(\.asker)
  }

  /// Everything that waits is given up: the askers to answer. Texts that run are finished by their workers.
  mutating func close() -> [Asker] {
    var askers: [Asker] = []
    for text in order[front...] {
      askers += text.flatMap { places.removeValue(forKey: $0) }?.askers.map(\.asker) ?? []
    }
    order = []
    front = 0
    return askers
  }
}
