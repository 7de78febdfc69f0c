import NIOCore

/// How much of their bodies the requests of one HTTP/2 connection may send, so that a connection holds a bounded number
/// of bytes however many streams it has.
///
/// Every stream begins with the initial window. More is granted by steps while the bytes granted beyond the initial
/// windows fit the budget; what does not fit waits and is asked again in its order. Held bytes are given back when
/// nobody needs the body any more. The first of those that hold or want more than the initial window is granted its
/// bytes in any case: halves of bodies that wait for each other would else wait forever. So bodies hold at most
/// `streams × initial window + budget + limit of one body` bytes.
///
/// A value without I/O: each event returns the windows to be opened. An event costs a few look-ups, and as much again
/// for each stream that it lets go on.
struct HTTP2UploadCredit {
  /// A window to be opened by some bytes.
  struct Grant: Equatable {
    var stream: Int
    var bytes: Int
  }

  private struct Upload {
    /// Bytes that the client may have sent in all.
    var granted: Int
    var received = 0
    /// Bytes that the request says it has; nil when it does not say.
    var length: Int?
    var isArriving = true
    /// It has asked for more than the initial window.
    var isLarge = false
    var isWaiting = false
  }

  let initialWindow: Int
  let step: Int
  let budget: Int
  /// The most that one body may measure, in bytes.
  let bodyLimit: Int
  private var uploads: [Int: Upload] = [:]
  /// Streams that came to need more than the initial window, in that order. Those that are gone are dropped when they
  /// come to the front.
  private var large = CircularBuffer<Int>(initialCapacity: 0)
  /// Streams that wait for budget, in their order; some may have stopped waiting.
  private var waiting = CircularBuffer<Int>(initialCapacity: 0)
  /// Bytes granted beyond the initial windows.
  private(set) var held = 0

  init(initialWindow: Int, step: Int, budget: Int, bodyLimit: Int) {
    self.initialWindow = initialWindow
    self.step = step
    self.budget = budget
    self.bodyLimit = bodyLimit
  }

  /// Whether a stream has not been granted what it needs.
  func isWaiting(_ stream: Int) -> Bool { uploads[stream]?.isWaiting ?? false }

  /// A request with a body began.
  mutating func opened(_ stream: Int, length: Int?) -> [Grant] {
    uploads[stream] = Upload(granted: initialWindow, length: length)
    // One that does not say how long it is may well be short.
    return length == nil ? [] : ask(stream)
  }

  /// Bytes of a body came. Padding is none of them: who gets it opens the window by as much.
  mutating func received(_ count: Int, on stream: Int) -> [Grant] {
    guard uploads[stream] != nil else { return [] }
    uploads[stream]?.received += count
    return ask(stream)
  }

  /// The body is complete, but still held.
  mutating func completed(_ stream: Int) -> [Grant] {
    guard uploads[stream] != nil else { return [] }
    uploads[stream]?.isArriving = false
    uploads[stream]?.isWaiting = false
    return askAgain()
  }

  /// The body is needed no more. Harmless for streams that are not there.
  mutating func released(_ stream: Int) -> [Grant] {
    guard let upload = uploads.removeValue(forKey: stream) else { return [] }
    held -= upload.granted - initialWindow
    return askAgain()
  }

  private mutating func ask(_ stream: Int) -> [Grant] {
    guard let grant = grant(stream) else { return [] }
    return [grant]
  }

  private mutating func grant(_ stream: Int) -> Grant? {
    guard var upload = uploads[stream], upload.isArriving else { return nil }
    guard upload.granted - upload.received <= max(step / 2, initialWindow / 2) else { return nil }
    // One byte above the limit of bodies must come, for the request to be refused.
    let goal = min(upload.length ?? .max, bodyLimit + 1)
    let bytes = min(step, goal - upload.granted)
    guard bytes > 0 else { return nil }
    if !upload.isLarge {
      upload.isLarge = true
      large.append(stream)
    }
    let isGranted = held + bytes <= budget || stream == firstLarge
    if isGranted {
      upload.isWaiting = false
      upload.granted += bytes
      held += bytes
    } else if !upload.isWaiting {
      upload.isWaiting = true
      waiting.append(stream)
    }
    uploads[stream] = upload
    return isGranted ? Grant(stream: stream, bytes: bytes) : nil
  }

  /// The first of those that hold or want more than the initial window.
  private var firstLarge: Int? {
    mutating get {
      while let first = large.first {
        if uploads[first] != nil { return first }
        large.removeFirst()
      }
      return nil
    }
  }

  private mutating func askAgain() -> [Grant] {
    var grants: [Grant] = []
    if let first = firstLarge, isWaiting(first) { grants += ask(first) }
    while let next = waiting.first {
      if isWaiting(next) {
        guard let grant = grant(next) else { break }
        grants.append(grant)
      }
      waiting.removeFirst()
    }
    return grants
  }
}
