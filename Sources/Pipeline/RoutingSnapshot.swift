import Fleet
import Reading
import RouterConfig
import Routing

/// A configuration and a fleet, compiled together: what one request sees from its start to its end.
///
/// Immutable; published whole. Safe from any thread.
public final class RoutingSnapshot: Sendable {
  /// Tells readings kept in the cache under this configuration from those kept under another.
  public let generation: UInt64
  public let router: Router
  public let fleet: FleetSnapshot
  public let directory: ModelDirectory
  /// One a recipe, in the order of ``Router/recipes``.
  public let readers: [PromptReader]

  /// - Throws: every signal rule that cannot be compiled.
  public init(
    document: RouterDocument, fleet: FleetSnapshot, domainClassifier: any TextClassifier, generation: UInt64
  ) throws(SignalCompilationErrors) {
    self.generation = generation
    self.fleet = fleet
    router = Router(document: document)
    directory = ModelDirectory(document: document, fleet: fleet)
    var readers: [PromptReader] = []
    var problems: [SignalCompilationError] = []
    for (index, recipe) in router.recipes.enumerated() {
      do throws(SignalCompilationErrors) {
        readers.append(
          try PromptReader(
            signals: recipe.profile.signals, domainClassifier: domainClassifier,
            domainThreshold: document.global.domainThreshold, fallbackCategory: document.global.fallbackCategory,
            pathPrefix: index == 0 ? "routing.signals" : "recipes[\(index - 1)].routing.signals"))
      } catch {
        problems += error.problems
      }
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.readers = readers
  }
}
