extension RouterDocument {
  /// The document with the backends of an endpoints file.
  ///
  /// A model that `providers.models` declares keeps its own backends and gets those of the file behind them, except at
  /// addresses that it has already; its settings, credentials aside, hold for them too. A model that only the file names
  /// becomes a model with the document's default reliability. What an annotation says of picking replicas holds where the
  /// document says nothing. Adapters join the model's card. When the document names no
  /// default model and declares no models, the file's first model is the default.
  public func adding(_ endpoints: EndpointsDocument) -> RouterDocument {
    var document = self
    let declaresModels = !providers.models.isEmpty
    for model in endpoints.models {
      let place: Int
      if let known = document.providers.models.firstIndex(where: { $0.name == model.name }) {
        place = known
      } else {
        place = document.providers.models.count
        document.providers.models.append(ProviderModel(name: model.name))
      }
      var addresses = Set(
        document.providers.models[place].backends.map { Address(host: $0.host, port: $0.port, usesTLS: $0.usesTLS) })
      for endpoint in model.endpoints {
        let address = Address(host: endpoint.host, port: endpoint.port, usesTLS: endpoint.usesTLS)
        guard addresses.insert(address).inserted else { continue }
        document.providers.models[place].backends.append(BackendReference(endpoint, engine: model.engine))
      }
      document.providers.models[place].adapterSources.merge(model.adapterSources) { own, _ in own }
      if model.loadsAdapters { document.providers.models[place].loadsAdapters = true }
      if let balancing = model.balancing {
        document.providers.models[place].balancing = document.providers.models[place].balancing.filled(with: balancing)
      }
      document.addAdapters(of: model)
    }
    if document.providers.defaultModel == nil, !declaresModels {
      document.providers.defaultModel = endpoints.models.first?.name
    }
    return document
  }

  private mutating func addAdapters(of model: EndpointsDocument.Model) {
    var names: [String] = []
    var seen: Set<String> = []
    for adapter in model.adapters + model.endpoints.flatMap(\.adapters) where seen.insert(adapter).inserted {
      names.append(adapter)
    }
    let place: Int
    if let known = routing.modelCards.firstIndex(where: { $0.name == model.name }) {
      place = known
    } else {
      place = routing.modelCards.count
      routing.modelCards.append(ModelCard(name: model.name))
    }
    let known = Set(routing.modelCards[place].loras.map(\.name))
    routing.modelCards[place].loras += names.filter { !known.contains($0) }.map { LoRACard(name: $0) }
  }
}

extension BackendReference {
  /// The backend that an endpoint of the file is.
  init(_ endpoint: EndpointsDocument.Endpoint, engine: String?) {
    self.init(
      name: endpoint.name, host: endpoint.host, port: endpoint.port, usesTLS: endpoint.usesTLS,
      weight: endpoint.weight, type: engine ?? "vllm")
    metricsPort = endpoint.metricsPort
    cacheEvents = endpoint.cacheEvents
    labels = endpoint.labels
    self.endpoint = EndpointDetails(role: endpoint.role, roleset: endpoint.roleset)
  }
}

private struct Address: Hashable {
  var host: String
  var port: Int
  var usesTLS: Bool
}
