import Balancing
import ChatProtocols
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
  public let models: ReadingModels
  /// One a recipe, in the order of ``Router/recipes``.
  public let readers: [PromptReader]

  /// How the replicas of each model are chosen, in the order of the fleet's models.
  public let balancing: [ModelBalancing]
  /// What replicas have cached, for all snapshots.
  public let index: PrefixIndex

  /// - Parameter balancers: of the process, kept from snapshot to snapshot. They follow the fleet once all is compiled.
  /// - Throws: every signal rule that cannot be compiled, and every strategy that means nothing.
  public init(
    document: RouterDocument, fleet: FleetSnapshot, models: ReadingModels,
    balancers: BalancerDirectory, generation: UInt64
  ) throws(SignalCompilationErrors) {
    self.generation = generation
    self.fleet = fleet
    self.models = models
    router = Router(document: document)
    directory = ModelDirectory(document: document, fleet: fleet)
    var readers: [PromptReader] = []
    var problems: [SignalCompilationError] = []
    for (index, recipe) in router.recipes.enumerated() {
      do throws(SignalCompilationErrors) {
        readers.append(
          try PromptReader(
            signals: recipe.profile.signals, models: models, settings: document.global,
            pathPrefix: index == 0 ? "routing.signals" : "recipes[\(index - 1)].routing.signals"))
      } catch {
        problems += error.problems
      }
    }
    let places = Dictionary(
      document.providers.models.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var strategies: [ModelStrategies] = []
    for model in fleet.models {
      let place = places[model.name]
      do throws(ModelStrategies.Fault) {
        strategies.append(
          try ModelStrategies(place.map { document.providers.models[$0].balancing } ?? BalancingSettings()))
      } catch {
        let path = "providers.models[\(place ?? 0)].balancing." + error.path.joined(separator: ".")
        problems.append(SignalCompilationError(path: path, reason: "\(error.error)"))
      }
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.readers = readers
    index = balancers.index
    balancing = zip(zip(fleet.models, strategies), balancers.balancers(for: fleet)).map {
      ModelBalancing($0.1, model: $0.0.name, balancer: $1)
    }
  }

  /// What a client is told that asks for a model that is not there.
  public func unknownModel(_ name: String) -> APIError {
    APIError(
      status: router.document.global.gateway.unknownModelStatus, message: "\(RoutingError.modelNotAvailable(name))",
      type: "invalid_request_error", param: "model", code: "model_not_found"
    ).marked("x-error-no-model-backends", name)
  }

  /// What a client is told that names no model on a path that has no default one.
  public static var noDefaultModel: APIError {
    .invalidRequest("name a model: this configuration has no default model", param: "model", code: "model_missing")
      .marked("x-error-no-model-in-request")
  }

  /// How a model's replicas are chosen; nil if the fleet has no such model.
  public func balancing(ofModel name: String) -> ModelBalancing? {
    fleet.index(ofModel: name).map { balancing[$0] }
  }
}
