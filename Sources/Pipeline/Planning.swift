import ChatProtocols
import Reading
import Signals
import Synchronization

/// How far planning a request came without waiting.
public enum Planning: Sendable {
  case planned(RoutePlan)
  /// The encoder must read the text first: ``UnfinishedPlan/read(answer:)``, then ``RoutePipeline/finish(_:encoding:body:)``.
  case reading(UnfinishedPlan)
}

/// A plan that waits for the encoder, or for a long text to be read. May be handed from thread to thread.
public final class UnfinishedPlan: Sendable {
  public let facts: RequestFacts
  let prompt: PromptFacts
  let snapshot: RoutingSnapshot
  private let encoder: (any PromptEncoder)?
  private let longTexts: LongTextQueue?
  private let clock: @Sendable () -> UInt64
  private let progress: Mutex<ReadingProgress>
  /// When the wait began, on the pipeline's clock.
  let began: UInt64
  private let isAbandoned = Atomic<Bool>(false)

  /// - Parameters:
  ///   - encoder: nil where no rule wants it.
  ///   - longTexts: nil where the texts are short.
  init(
    facts: RequestFacts, prompt: PromptFacts, progress: ReadingProgress, snapshot: RoutingSnapshot,
    encoder: (any PromptEncoder)?, longTexts: LongTextQueue?, clock: @escaping @Sendable () -> UInt64
  ) {
    self.facts = facts
    self.prompt = prompt
    self.snapshot = snapshot
    self.encoder = encoder
    self.longTexts = longTexts
    self.clock = clock
    self.progress = Mutex(progress)
    began = clock()
  }

  /// The text that the encoder is to read.
  public var text: [UInt8] { prompt.evaluationText }

  /// Whether the encoder is asked.
  var asksEncoder: Bool { encoder != nil }

  /// What has been read by now.
  var progressNow: ReadingProgress { progress.withLock { $0 } }

  /// Reads the text with the encoder on the calling thread; milliseconds.
  public func readNow() -> PromptEncoding { encoder?.readNow(text) ?? .absent }

  /// Has the text read on other threads.
  ///
  /// - Parameter answer: called once, from any thread, soon after the encoder's deadline at the latest.
  public func read(answer: @escaping @Sendable (PromptEncoding) -> Void) {
    guard let encoder else { return readGuards(.absent, answer) }
    encoder.read(text) {
      self.readSubject($0)
      self.readGuards($0, answer)
    }
  }

  /// Nobody wants the plan any more: what has not begun is not read. The answer still comes.
  public func abandon() { isAbandoned.store(true, ordering: .relaxed) }

  /// Reads the subject with what the encoder made of the text, on the encoder's thread: some tenths of a millisecond, which
  /// the asker's event loop does not spend. Where the encoder failed there is nothing of that to do.
  private func readSubject(_ encoding: PromptEncoding) {
    let reader = snapshot.readers[progressNow.recipe]
    guard case .read = encoding, reader.wantsEncoding(.domain), !isAbandoned.load(ordering: .relaxed) else { return }
    fill([.domain]) { reader.read($0, of: prompt, encoding: encoding, clock: clock) }
  }

  /// Reads what takes its time, where the text is long; whoever finishes the plan finds it done.
  ///
  /// Where too many wait already, it counts as a reader that failed, so that guards close: reading it here would hold the
  /// asker's event loop up, and with it everybody else's requests.
  private func readGuards(_ encoding: PromptEncoding, _ answer: @escaping @Sendable (PromptEncoding) -> Void) {
    guard let longTexts else { return answer(encoding) }
    let reader = snapshot.readers[progressNow.recipe]
    let isRun = longTexts.run(bytes: reader.guardedBytes(of: prompt)) { [self] in
      if !isAbandoned.load(ordering: .relaxed) {
        fill(PromptReader.guardFamilies) { reader.read($0, of: prompt, encoding: encoding, clock: clock) }
      }
      answer(encoding)
    }
    guard !isRun else { return }
    fill(PromptReader.guardFamilies) { reader.unread($0, because: "too many long texts wait to be read") }
    answer(encoding)
  }

  /// Puts in what some families read as, where nothing is known of them.
  private func fill(_ families: [SignalFamily], _ reading: (SignalFamily) -> FamilyReading) {
    var progress = progressNow
    let reader = snapshot.readers[progress.recipe]
    for family in families where progress.readings[family] == nil && reader.declares(family) {
      progress.readings[family] = reading(family)
      if reader.dependsOnTextOnly(family) { progress.hasNews = true }
    }
    self.progress.withLock { $0 = progress }
  }
}

/// What has been read of a request so far.
struct ReadingProgress: Sendable {
  let recipe: Int
  /// Of the configuration and the recipe, for the cache.
  let generation: UInt64
  let readsEverything: Bool
  var readings = SignalReadings()
  /// From the question to the encoder to its answer, in nanoseconds, the wait for a thread included; nil: it was not asked.
  var encoderNanoseconds: UInt64?
  /// Something came from the cache.
  var isKnown = false
  /// Something was read that is worth keeping.
  var hasNews = false

  init(recipe: Int, generation: UInt64, readsEverything: Bool) {
    self.recipe = recipe
    self.generation = generation
    self.readsEverything = readsEverything
  }
}
