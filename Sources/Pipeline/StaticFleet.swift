import Fleet
import RouterConfig

/// Makes the fleet that a document declares in `providers.models[].backend_refs`.
public enum StaticFleet {
  /// - Parameters:
  ///   - previous: replicas at the same address are taken over from it with their counters and health.
  ///   - adapters: adapters learnt from engines, by base model, with the addresses (`host:port`) of the replicas that
  ///     have them; those of the document's cards come in any case.
  ///   - strangers: by model, the addresses of replicas whose engines say that they do not serve it.
  ///   - listers: by model, the addresses of replicas whose engines say that they serve it.
  /// - Returns: the fleet, and a sentence for each backend that this build cannot use.
  public static func build(
    _ document: RouterDocument, previous: FleetSnapshot? = nil, adapters: [String: [String: Set<String>]] = [:],
    strangers: [String: Set<String>] = [:], listers: [String: Set<String>] = [:]
  ) -> (fleet: FleetSnapshot, problems: [String]) {
    var replicas: [Address: Replica] = [:]
    for replica in previous?.replicas ?? [] {
      replicas[Address(host: replica.host, port: replica.port, usesTLS: replica.usesTLS)] = replica
    }
    var usedIDs: Set<Int> = []
    var nextID = previous?.nextReplicaID ?? 0
    var used: [Replica] = []
    var problems: [String] = []
    func replica(_ backend: BackendReference) -> Replica {
      let address = Address(host: backend.host, port: backend.port, usesTLS: backend.usesTLS)
      if let known = replicas[address] {
        if usedIDs.insert(known.id).inserted { used.append(known) }
        return known
      }
      let new = Replica(
        id: nextID, name: backend.name, host: backend.host, port: backend.port, usesTLS: backend.usesTLS)
      nextID += 1
      replicas[address] = new
      usedIDs.insert(new.id)
      used.append(new)
      return new
    }
    var knownLabels: [[String: String]: ReplicaLabels] = [:]
    func labels(_ backend: BackendReference) -> ReplicaLabels {
      guard !backend.labels.isEmpty else { return .none }
      if let known = knownLabels[backend.labels] { return known }
      let new = ReplicaLabels(backend.labels)
      knownLabels[backend.labels] = new
      return new
    }
    let models = document.providers.models.map { model in
      var placements: [Placement] = []
      for backend in model.backends {
        guard let headerLines = headerLines(backend, problems: &problems) else { continue }
        let handOver = CacheHandOver(engine: backend.type)
        if role(backend) != .whole, handOver == nil {
          problems.append(
            "backend \(backend.name): of engines of the type \(backend.type.debugDescription) it is not known how they hand "
              + "caches over, so it is part of no pair; types that are: vllm, sglang, trtllm")
        }
        placements.append(
          Placement(
            name: backend.name, replica: replica(backend), weight: backend.weight,
            upstreamModel: model.externalModelIDs[backend.type] ?? model.providerModelID ?? model.name,
            pathPrefix: backend.pathPrefix, chatPath: backend.chatPath, headerLines: headerLines,
            role: role(backend), group: backend.endpoint?.roleset, handOver: handOver,
            bootstrapPort: backend.bootstrapPort ?? Placement.usualBootstrapPort, labels: labels(backend)))
      }
      let declared = document.routing.modelCards.first { $0.name == model.name }?.loras.map(\.name) ?? []
      let known = adapters[model.name] ?? [:]
      let sources = model.loadsAdapters ? model.adapterSources : [:]
      let learnt = Set(known.keys).union(sources.keys).subtracting(declared).sorted()
      let holders = known.mapValues { addresses in
        Set(placements.filter { addresses.contains($0.replica.authority) }.map(\.replica.id))
      }
      let unserved = strangers[model.name] ?? []
      let listing = listers[model.name] ?? []
      let found = FleetModel(
        name: model.name, placements: placements, adapters: declared + learnt, holders: holders,
        adapterSources: sources,
        strangers: Set(placements.filter { unserved.contains($0.replica.authority) }.map(\.replica.id)),
        isListed: placements.contains { listing.contains($0.replica.authority) },
        policy: ModelPolicy(model.reliability))
      problems += found.strangers.map { "model \(model.name): \(found.strangeness(of: $0))" }
      return found
    }
    return (FleetSnapshot(models: models, replicas: used, replacing: previous), problems)
  }

  private struct Address: Hashable {
    var host: String
    var port: Int
    var usesTLS: Bool
  }

  private static func role(_ backend: BackendReference) -> PlacementRole {
    switch backend.endpoint?.role {
    case .prefill: .prefill
    case .decode: .decode
    default: .whole
    }
  }

  /// nil when a header cannot be sent, which becomes a problem.
  private static func headerLines(_ backend: BackendReference, problems: inout [String]) -> HeaderLines? {
    var headers: [(name: String, value: String)] = []
    let hasCredential = backend.credential != nil
    if let credential = backend.credential {
      let secret = credential.reveal()
      headers.append((backend.authHeader, backend.authPrefix.isEmpty ? secret : "\(backend.authPrefix) \(secret)"))
    }
    for (name, value) in backend.extraHeaders.sorted(by: { $0.key < $1.key }) { headers.append((name, value)) }
    var lines = HeaderLines()
    for (name, value) in headers {
      guard HeaderLines.canHold(name: name, value: value) else {
        problems.append(
          "backend \(backend.name): the header \(name.debugDescription) has a name that is no token or a value with a "
            + "control character, such as the line end at the end of a key file; the backend is left out")
        return nil
      }
      lines.append(name: name, value: value, isCredential: hasCredential && name == backend.authHeader)
    }
    return lines
  }
}
