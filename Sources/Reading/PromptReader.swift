import ChatProtocols
import RouterConfig
import Signals

/// The signals of one recipe, compiled: reads a family of a request when asked to.
///
/// Immutable; may be used from any thread. Reads no clock of its own.
public final class PromptReader: Sendable {
  /// One a family, in the order of ``SignalFamily``.
  let families: [any SignalRules]
  private let declared: [Bool]
  private let wanting: [Bool]
  private let ofTextOnly: [Bool]
  /// Whether some rule reads the conversation before the evaluation text.
  public let readsHistory: Bool

  /// - Parameters:
  ///   - signals: the rules, checked and with their defaults.
  ///   - models: what reads; the labels of `domain` must hold those of the domain rules. Phrases of rules are embedded
  ///     now, milliseconds each, unless the encoder read them before.
  ///   - settings: thresholds and other settings of readers.
  ///   - pathPrefix: the place of the `signals` block in the document, such as `routing.signals`.
  /// - Throws: every rule that cannot be compiled, all at once.
  public init(
    signals: SignalDeclarations, models: ReadingModels, settings: GlobalSettings = GlobalSettings(),
    pathPrefix: String = "routing.signals"
  ) throws(SignalCompilationErrors) {
    let environment = SignalEnvironment(models: models, settings: settings, pathPrefix: pathPrefix)
    // Made now rather than by the first request.
    _ = ScalarTables.shared
    var families: [any SignalRules] = []
    var problems: [SignalCompilationError] = []
    for entry in SignalTable.entries {
      do throws(SignalCompilationErrors) {
        families.append(try entry.rules.compile(signals, in: environment))
      } catch {
        problems += error.problems
      }
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.families = families
    let counts = [
      signals.metadata.count, signals.conversation.count, signals.context.count, signals.keywords.count,
      signals.structure.count, signals.language.count, signals.domains.count, signals.jailbreak.count,
      signals.pii.count, signals.embeddings.count,
    ]
    let declared = counts.map { $0 > 0 }
    self.declared = declared
    wanting = families.indices.map { declared[$0] && models.encoder != nil && families[$0].wantsEncoding }
    ofTextOnly = families.map { type(of: $0).family.dependsOnTextOnly && !$0.readsHistory }
    readsHistory = families.indices.contains { declared[$0] && families[$0].readsHistory }
  }

  /// Whether the document declares rules of a family.
  public func declares(_ family: SignalFamily) -> Bool { declared[Int(family.rawValue)] }

  /// Whether a family is to be read with what the encoder makes of the text, which takes milliseconds on other threads.
  public func wantsEncoding(_ family: SignalFamily) -> Bool { wanting[Int(family.rawValue)] }

  /// Whether some family is to be read with what the encoder makes of the text.
  public var wantsAnyEncoding: Bool { wanting.contains(true) }

  /// Whether a family's readings depend on the evaluation text alone, so that they may be kept by it.
  public func dependsOnTextOnly(_ family: SignalFamily) -> Bool { ofTextOnly[Int(family.rawValue)] }

  /// The estimate that the `context` signal compares.
  public static func estimatedTokens(_ size: PromptSize) -> Int { ContextSignal.estimate(size) }

  /// Reads one family: a reading for each declared rule, in the order of the document; none when none is declared.
  ///
  /// - Parameters:
  ///   - encoding: what the encoder made of the evaluation text, for families that want it.
  ///   - clock: a monotonic clock, in nanoseconds; called twice.
  public func read(
    _ family: SignalFamily, of facts: PromptFacts, encoding: PromptEncoding = .absent, clock: () -> UInt64
  ) -> FamilyReading {
    guard declares(family) else { return FamilyReading(readings: []) }
    if let reason = reasonNotToRead(family, of: facts) { return unread(family, because: reason) }
    let start = clock()
    var reading = families[Int(family.rawValue)].read(facts, encoding)
    let end = clock()
    reading.nanoseconds = end > start ? end - start : 0
    return reading
  }
}
