import Balancing
import ChatProtocols
import EngineClient
import Fleet

extension AdapterLoader.Order {
  /// What a request for an adapter needs of the replica that it goes to.
  ///
  /// - Returns: nil where nothing is to be loaded: no adapter is asked for, its source is not known, or the replica has it.
  package init?(_ adapter: String?, of model: FleetModel?, on placement: Placement) {
    guard let adapter, let model, let source = model.adapterSources[adapter] else { return nil }
    func name(_ text: String) -> Name { Name(text, key: BlockHash.key(of: text)) }
    let wanted = name(adapter)
    guard !placement.replica.adapters.isLoaded(wanted.key) else { return nil }
    self.init(
      wanted, from: source, on: placement, replaceable: model.adapterSources.keys.filter { $0 != adapter }.map(name))
  }
}

extension AdapterLoader.Failure {
  /// For the count of failed requests.
  package static let label = "adapter_not_loaded"

  /// What a client is told whose adapter cannot be loaded.
  package func error(adapter: String, replica: String) -> APIError {
    APIError.server(
      "adapter \"\(adapter)\" cannot be loaded on replica \(replica): \(reason)", status: 503, code: Self.label
    ).marked("x-error-routing")
  }
}
