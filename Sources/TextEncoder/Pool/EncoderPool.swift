import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Worker threads that read texts with one encoder, one thread a text.
///
/// Askers wait without a thread. A full queue refuses at once; a text whose askers' deadlines all passed is not begun,
/// and one being read ends between two windows, answered with what was read by then (``EncodedText/isCutShort``). Callable from any thread. Memory: a workspace a worker, the
/// queue's texts.
public final class EncoderPool: Sendable {
  /// Told once, on a worker's thread or the asker's.
  public typealias Answer = @Sendable (Result<EncodedText, EncoderPoolError>) -> Void

  private struct State {
    var queue: EncodingQueue
    var answers: [EncodingQueue.Asker: Answer] = [:]
    var nextAsker: EncodingQueue.Asker = 0
    var isClosed = false
  }

  private let encoder: TransformerEncoder
  private let options: EncodingOptions
  private let workers: Int
  private let textLimit: Int
  private let now: @Sendable () -> UInt64
  private let state: Mutex<State>
  /// Counts what workers may find: at least once for each text that waits, and once for each of them at the end.
  private let arrived = DispatchSemaphore(value: 0)

  /// Starts the workers.
  ///
  /// - Parameters:
  ///   - workers: threads, 1 to 256; as many as cores may be kept busy with reading.
  ///   - capacity: texts that may wait.
  ///   - textLimit: bytes a text may have.
  ///   - now: the callers' monotonic clock, in nanoseconds.
  public init(
    _ encoder: TransformerEncoder, options: EncodingOptions = EncodingOptions(), workers: Int, capacity: Int = 256,
    textLimit: Int = 4 << 20, now: @escaping @Sendable () -> UInt64
  ) {
    precondition((1...256).contains(workers) && capacity > 0, "1 to 256 workers and a place to wait are needed")
    self.encoder = encoder
    self.options = options
    self.now = now
    self.workers = workers
    self.textLimit = textLimit
    state = Mutex(State(queue: EncodingQueue(capacity: capacity, askerLimit: 4096)))
    for _ in 0..<workers { startWorker() }
  }

  /// Texts that wait and texts that are being read.
  public var load: (waiting: Int, running: Int) {
    state.withLock { ($0.queue.waiting, $0.queue.running) }
  }

  /// Reads a text, or joins who asked for it before.
  ///
  /// - Parameter deadline: the instant of the pool's clock at which the text must be begun and its reading ends; nil: none.
  /// - Throws: why it was not read.
  public func encode(_ text: [UInt8], deadline: UInt64?) async throws(EncoderPoolError) -> EncodedText {
    let result = await withCheckedContinuation { continuation in
      encode(text, deadline: deadline) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Reads a text, or joins who asked for it before.
  ///
  /// - Parameters:
  ///   - deadline: the instant of the pool's clock at which the text must be begun and its reading ends; nil: none.
  ///   - answer: told what came of it; at once where the text is refused.
  public func encode(_ text: [UInt8], deadline: UInt64?, answer: @escaping Answer) {
    guard text.count <= textLimit else { return answer(.failure(.textTooLong(limit: textLimit))) }
    let text = QueuedText(text)
    let refusal: EncoderPoolError? = state.withLock { state in
      if state.isClosed { return .closed }
      state.nextAsker += 1
      let asker = state.nextAsker
      if let refusal = state.queue.ask(text, by: asker, deadline: deadline, now: now()) { return refusal }
      state.answers[asker] = answer
      return nil
    }
    if let refusal { answer(.failure(refusal)) } else { arrived.signal() }
  }

  /// Refuses further texts, gives up those that wait and lets the workers end. Texts being read are still answered.
  public func close() {
    let given: [Answer] = state.withLock { state in
      state.isClosed = true
      return state.queue.close().compactMap { state.answers.removeValue(forKey: $0) }
    }
    for _ in 0..<workers { arrived.signal() }
    for answer in given { answer(.failure(.closed)) }
  }

  // MARK: Workers

  private func startWorker() {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 20)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    // The worker holds the pool until it is closed.
    let pool = Unmanaged.passRetained(self)
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        #if canImport(Darwin)
          Unmanaged<EncoderPool>.fromOpaque(argument).takeRetainedValue().work()
        #else
          if let argument { Unmanaged<EncoderPool>.fromOpaque(argument).takeRetainedValue().work() }
        #endif
        return nil
      }, pool.toOpaque())
    precondition(failure == 0, "no thread could be started: \(String(cString: strerror(failure)))")
    pthread_attr_destroy(&attributes)
  }

  private func work() {
    let capacity = min(options.window, encoder.configuration.longestInput)
    let workspace = encoder.makeWorkspace(capacity: max(capacity, 8))
    while let text = nextText() {
      var abandoned: [EncodingQueue.Asker]?
      let encoded = text.bytes.withUnsafeBytes { bytes in
        encoder.encode(bytes, options, workspace) {
          abandoned = state.withLock { $0.queue.abandon(text, now: now()) }
          return abandoned != nil
        }
      }
      let given: [Answer] = state.withLock { state in
        (abandoned ?? state.queue.finish(text)).compactMap { state.answers.removeValue(forKey: $0) }
      }
      for answer in given {
        answer(encoded.map { .success($0) } ?? .failure(.deadlineExceeded))
      }
    }
  }

  /// Waits for a text; nil once the pool is closed.
  private func nextText() -> QueuedText? {
    while true {
      let (text, late, isOver): (QueuedText?, [Answer], Bool) = state.withLock { state in
        if state.isClosed { return (nil, [], true) }
        let (text, late) = state.queue.take(now: now())
        return (text, late.compactMap { state.answers.removeValue(forKey: $0) }, false)
      }
      for answer in late { answer(.failure(.deadlineExceeded)) }
      if text != nil || isOver { return text }
      if late.isEmpty { arrived.wait() }
    }
  }
}
