import NIOCore

/// A generation request on its way through the engine. Used on the engine's event loop only.
final class GenerationJob {
  let id: Int
  let request: GenerationRequest
  let sink: any ResponseSink
  /// The adapter that the request names; nil for the base model.
  let adapter: String?
  /// The model's name in the answer.
  let shownModel: String
  /// The client asked that the request ends as if its prompt were not cached.
  let forcesCacheThreshold: Bool
  /// Loop time, nanoseconds.
  let arrived: Int64

  /// Set when processing starts.
  var running: Running?
  var timer: Scheduled<Void>?

  struct Running {
    let plan: GenerationPlan
    var writer: any AnswerWriter
    /// Blocks held in the cache.
    let blocks: [UInt64]
    let queued: Int64
    let started: Int64
    /// When the first token is due; then, of a stream, when the next one is. Nanoseconds.
    var due: Int64
    /// Steps sent.
    var sent = 0
    /// Of a whole answer: the times between tokens together, nanoseconds.
    var decode: Int64 = 0
    var firstToken: Int64 = 0
    var lastToken: Int64 = 0
  }

  init(
    id: Int, request: GenerationRequest, sink: any ResponseSink, adapter: String?, shownModel: String,
    forcesCacheThreshold: Bool, arrived: Int64
  ) {
    self.id = id
    self.request = request
    self.sink = sink
    self.adapter = adapter
    self.shownModel = shownModel
    self.forcesCacheThreshold = forcesCacheThreshold
    self.arrived = arrived
  }
}
