import EngineClient
import Fleet

/// What engines say they serve: LoRA adapters by base model, with the engines that have them, and which engines do not serve a
/// model that they are configured for.
public struct LearntModels: Sendable, Equatable {
  /// By base model and adapter: the engines' addresses as `host:port`.
  public private(set) var holders: [String: [String: Set<String>]]

  /// By model: the addresses of engines that are configured for it and name only others. Where a path stands before the engine's
  /// own nothing is known, for that is not the path that was asked.
  public private(set) var strangers: [String: Set<String>]
  /// By model: the addresses of engines that name it.
  public private(set) var listers: [String: Set<String>] = [:]

  public init(holders: [String: [String: Set<String>]] = [:], strangers: [String: Set<String>] = [:]) {
    self.holders = holders
    self.strangers = strangers
  }

  /// Takes in what a fleet's engines said. One that did not answer keeps what was learnt of it; what was learnt of engines
  /// that were not asked is forgotten.
  public mutating func take(_ findings: [EngineDiscovery.Finding], of fleet: FleetSnapshot) {
    let bases = Self.bases(of: fleet)
    var learnt: [String: [String: Set<String>]] = [:]
    var silent: Set<String> = []
    var served: [String: Set<String>] = [:]
    for finding in findings {
      let address = finding.address.description
      guard case .success(let models) = finding.models else {
        silent.insert(address)
        continue
      }
      if !models.models.isEmpty, models.models.count < EngineModels.maximumModels {
        served[address] = Set(models.models.flatMap { [$0.id, $0.parent ?? $0.id] })
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
    judge(fleet, served: served, silent: silent)
  }

  /// Finds who lists which model of those that it is configured for, and who does not.
  private mutating func judge(_ fleet: FleetSnapshot, served: [String: Set<String>], silent: Set<String>) {
    let (oldStrangers, oldListers) = (strangers, listers)
    strangers = [:]
    listers = [:]
    for model in fleet.models {
      for placement in model.placements where placement.pathPrefix.isEmpty {
        let address = placement.replica.authority
        let lists: Bool?
        if silent.contains(address) {
          let before = (oldListers[model.name], oldStrangers[model.name])
          lists = before.0?.contains(address) == true ? true : before.1?.contains(address) == true ? false : nil
        } else {
          lists = served[address]?.contains(placement.upstreamModel)
        }
        switch lists {
        case true?: listers[model.name, default: []].insert(address)
        case false?: strangers[model.name, default: []].insert(address)
        case nil: break
        }
      }
    }
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
