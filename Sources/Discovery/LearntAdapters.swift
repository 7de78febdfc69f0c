import EngineClient
import Fleet

/// The LoRA adapters that engines say they serve, by base model, with the engines that have them.
public struct LearntAdapters: Sendable, Equatable {
  /// By base model and adapter: the engines' addresses as `host:port`.
  public private(set) var holders: [String: [String: Set<String>]]

  public init(holders: [String: [String: Set<String>]] = [:]) { self.holders = holders }

  /// Takes in what a fleet's engines said. One that did not answer keeps what was learnt of it; what was learnt of engines
  /// that were not asked is forgotten.
  public mutating func take(_ findings: [EngineDiscovery.Finding], of fleet: FleetSnapshot) {
    let bases = Self.bases(of: fleet)
    var learnt: [String: [String: Set<String>]] = [:]
    var silent: Set<String> = []
    for finding in findings {
      let address = finding.address.description
      guard case .success(let models) = finding.models else {
        silent.insert(address)
        continue
      }
      for model in models.models {
        guard let parent = model.parent, let base = bases[Place(address: address, model: parent)] else { continue }
        learnt[base, default: [:]][model.id, default: []].insert(address)
      }
    }
    for (base, adapters) in holders {
      for (adapter, addresses) in adapters {
        let kept = addresses.intersection(silent)
        if !kept.isEmpty { learnt[base, default: [:]][adapter, default: []].formUnion(kept) }
      }
    }
    holders = learnt
  }

  /// These and others, such as those of an endpoints file.
  public func joined(with others: [String: [String: Set<String>]]) -> [String: [String: Set<String>]] {
    holders.merging(others) { own, other in own.merging(other) { $0.union($1) } }
  }

  private struct Place: Hashable {
    var address: String
    /// The name that the engine knows the model by.
    var model: String
  }

  /// The models of a fleet by where they run; the first of those that an engine knows by the same name.
  private static func bases(of fleet: FleetSnapshot) -> [Place: String] {
    var bases: [Place: String] = [:]
    for model in fleet.models {
      for placement in model.placements {
        let place = Place(address: placement.replica.authority, model: placement.upstreamModel)
        if bases[place] == nil { bases[place] = model.name }
      }
    }
    return bases
  }
}

extension EngineModels {
  /// The names of all adapters, whatever their base model.
  public var adapterNames: [String] { models.compactMap { $0.parent == nil ? nil : $0.id } }
}
