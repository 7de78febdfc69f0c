import ChatProtocols
import RouterConfig
import Signals

/// The signals of one recipe, compiled: reads a family of a request when asked to.
///
/// Immutable; may be used from any thread. Reads no clock of its own.
public final class PromptReader: Sendable {
  /// One a family, in the order of ``SignalFamily``.
  private let families: [any SignalRules]
  private let declared: [Bool]
  private let domainCost: ClassifierCost

  /// - Parameters:
  ///   - signals: the rules, checked and with their defaults.
  ///   - domainClassifier: its labels must hold those of the domain rules.
  ///   - domainThreshold: the probability from which a domain counts.
  ///   - fallbackCategory: the label taken when no domain is sure.
  ///   - pathPrefix: the place of the `signals` block in the document, such as `routing.signals`.
  /// - Throws: every rule that cannot be compiled, all at once.
  public init(
    signals: SignalDeclarations, domainClassifier: any TextClassifier, domainThreshold: Double = 0.5,
    fallbackCategory: String = "other", pathPrefix: String = "routing.signals"
  ) throws(SignalCompilationErrors) {
    let environment = SignalEnvironment(
      domainClassifier: domainClassifier, domainThreshold: domainThreshold, fallbackCategory: fallbackCategory,
      pathPrefix: pathPrefix)
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
      signals.structure.count, signals.language.count, signals.domains.count,
    ]
    declared = counts.map { $0 > 0 }
    domainCost = domainClassifier.cost
  }

  /// Whether the document declares rules of a family.
  public func declares(_ family: SignalFamily) -> Bool { declared[Int(family.rawValue)] }

  /// The estimate that the `context` signal compares.
  public static func estimatedTokens(_ size: PromptSize) -> Int { ContextSignal.estimate(size) }

  /// Where ``read(_:of:clock:)`` may run: only the domain classifier may ask for the reading pool.
  public func cost(of family: SignalFamily) -> ClassifierCost {
    family == .domain && declares(.domain) ? domainCost : .inline
  }

  /// Reads one family: a reading for each declared rule, in the order of the document; none when none is declared.
  ///
  /// - Parameter clock: a monotonic clock, in nanoseconds; called twice.
  public func read(_ family: SignalFamily, of facts: PromptFacts, clock: () -> UInt64) -> FamilyReading {
    guard declares(family) else { return FamilyReading(readings: []) }
    let start = clock()
    var reading = families[Int(family.rawValue)].read(facts)
    let end = clock()
    reading.nanoseconds = end > start ? end - start : 0
    return reading
  }
}
