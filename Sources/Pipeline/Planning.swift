import ChatProtocols
import Reading
import Signals

/// How far planning a request came without waiting.
public enum Planning: Sendable {
  case planned(RoutePlan)
  /// The encoder must read the text first: ``UnfinishedPlan/read(answer:)``, then ``RoutePipeline/finish(_:encoding:body:)``.
  case reading(UnfinishedPlan)
}

/// A plan that waits for the encoder. Immutable; may be handed from thread to thread.
public final class UnfinishedPlan: Sendable {
  public let facts: RequestFacts
  let prompt: PromptFacts
  let progress: ReadingProgress
  let snapshot: RoutingSnapshot
  let encoder: any PromptEncoder

  init(
    facts: RequestFacts, prompt: PromptFacts, progress: ReadingProgress, snapshot: RoutingSnapshot,
    encoder: any PromptEncoder
  ) {
    self.facts = facts
    self.prompt = prompt
    self.progress = progress
    self.snapshot = snapshot
    self.encoder = encoder
  }

  /// The text that the encoder is to read.
  public var text: [UInt8] { prompt.evaluationText }

  /// Reads the text on the calling thread; milliseconds.
  public func readNow() -> PromptEncoding { encoder.readNow(text) }

  /// Has the encoder read the text on a thread of its own.
  ///
  /// - Parameter answer: called once, from any thread, soon after the encoder's deadline at the latest.
  public func read(answer: @escaping @Sendable (PromptEncoding) -> Void) { encoder.read(text, answer: answer) }
}

/// What has been read of a request so far.
struct ReadingProgress: Sendable {
  let recipe: Int
  /// Of the configuration and the recipe, for the cache.
  let generation: UInt64
  let readsEverything: Bool
  var readings = SignalReadings()
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
