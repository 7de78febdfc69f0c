import ChatProtocols
import Fleet
import JSONText
import Reading
import Routing
import Signals

/// What is to be done with one request: which model answers, and how its body changes on the way.
///
/// The same whichever way the request came in. Immutable, and a reference because it is handed on many times: a copy of
/// all it holds would be counted part by part.
public final class RoutePlan: Sendable {
  public let facts: RequestFacts
  /// What the decision came to; nil for a request that named its model itself and passes through.
  public let selection: Selection?
  /// Tokens of the request, estimated; nil for a pass-through, of which nothing is read.
  public let contextTokens: Int?
  /// The base model, whose replicas answer.
  public let model: String
  /// The adapter that is asked for under its own name.
  public let adapter: String?
  /// The recipe that was entered, by its index in ``Router/recipes``; nil for a pass-through.
  public let recipe: Int?
  /// What was read, and nothing that was not needed.
  public let readings: SignalReadings
  /// The verdict of the decision engine; nil for a pass-through.
  public let verdict: DecisionEngine.Verdict?
  /// Changes to the body, but for the model's name, which depends on the replica.
  public let edits: RequestEdits
  public let injectsSystemPrompt: Bool
  private let compiledRecipe: CompiledRecipe?
  /// Text readings came from the cache.
  public let wasReadBefore: Bool
  /// What the encoder took, its queue and a long text's reading beside it included; nil where it was not asked.
  public let encoderNanoseconds: UInt64?

  init(
    facts: RequestFacts, selection: Selection?, contextTokens: Int?, model: String, adapter: String?, recipe: Int?,
    readings: SignalReadings, verdict: DecisionEngine.Verdict?, edits: RequestEdits, injectsSystemPrompt: Bool,
    compiledRecipe: CompiledRecipe?, wasReadBefore: Bool, encoderNanoseconds: UInt64? = nil
  ) {
    self.facts = facts
    self.selection = selection
    self.contextTokens = contextTokens
    self.model = model
    self.adapter = adapter
    self.recipe = recipe
    self.readings = readings
    self.verdict = verdict
    self.edits = edits
    self.injectsSystemPrompt = injectsSystemPrompt
    self.compiledRecipe = compiledRecipe
    self.wasReadBefore = wasReadBefore
    self.encoderNanoseconds = encoderNanoseconds
  }

  /// The answer that the router gives in a model's place.
  ///
  /// - Parameter created: seconds since 1970.
  public func ownAnswer(created: Int) -> RouterAnswer? {
    selection?.fastResponse.map { RouterAnswer(saying: $0.message, to: facts, created: created) }
  }

  /// Calls `body` with each family of guards whose reader failed, whether it closed or opened.
  public func forEachFailedGuard(_ body: (SignalFamily) -> Void) {
    for family in PromptReader.guardFamilies {
      guard let reading = readings[family], reading.isProvisional, reading.readings.contains(where: \.tellsFailure)
      else { continue }
      body(family)
    }
  }

  /// The model's name as the client knows it.
  public var publicModel: String { adapter ?? model }

  /// Names of a family's rules, in the order of its readings.
  public func signalNames(of family: SignalFamily) -> [String] {
    compiledRecipe?.profile.signals.names(of: family) ?? []
  }

  /// The body's changes for one placement.
  ///
  /// - Parameter body: the bytes that ``facts`` were made from.
  public func splices(for placement: Placement, on body: UnsafeRawBufferPointer) -> ByteSplices {
    splices(naming: adapter ?? placement.upstreamModel, on: body)
  }

  /// The body's changes for one placement, where they are others than ``edits``.
  ///
  /// - Parameters:
  ///   - edits: of the same facts; the model's name must have been left alone by them.
  ///   - body: the bytes that ``facts`` were made from.
  public func splices(
    of edits: RequestEdits, for placement: Placement, on body: UnsafeRawBufferPointer
  ) -> ByteSplices {
    let upstream = adapter ?? placement.upstreamModel
    guard upstream != facts.model else { return edits.splices(on: body) }
    return edits.splices(on: body, model: .string(upstream))
  }

  /// The body's changes when the engine, or whoever picks the replica, knows the model by this name.
  ///
  /// - Parameter body: the bytes that ``facts`` were made from.
  public func splices(naming upstream: String, on body: UnsafeRawBufferPointer) -> ByteSplices {
    guard upstream != facts.model else { return edits.splices(on: body) }
    return edits.splices(on: body, model: .string(upstream))
  }
}
