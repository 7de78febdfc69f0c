import Balancing

/// How one model's replicas are chosen under one configuration. Immutable but for its balancer, which lives as long as
/// the model; a reference, because every request takes hold of one. Any thread.
public final class ModelBalancing: Sendable {
  public let balancer: ModelBalancer
  public let strategies: ModelStrategies
  private let model: String
  /// Where the hashes of the model's prompts begin.
  private let promptSeed: UInt64

  init(_ strategies: ModelStrategies, model: String, balancer: ModelBalancer) {
    self.strategies = strategies
    self.model = model
    self.balancer = balancer
    promptSeed = PromptBlocks.seed(model: model)
  }

  /// Where the hashes of prompts for an adapter begin, or for the model itself.
  func promptSeed(adapter: String?) -> UInt64 {
    adapter.map { PromptBlocks.seed(model: model, adapter: $0) } ?? promptSeed
  }
}
