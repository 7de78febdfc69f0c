import EngineClient
import Fleet

extension AdapterLoader.Event {
  /// What the log says of it.
  var line: String? {
    func replica(_ replica: Replica) -> String { "replica \(replica.name) (\(replica.authority))" }
    switch self {
    case .loaded(let order, let seconds):
      return "\(replica(order.placement.replica)): it has loaded adapter \(order.adapter.text) in "
        + "\(Int((seconds * 1_000).rounded())) ms"
    case .failed(let order, let reason, _):
      return "warning: \(replica(order.placement.replica)): adapter \(order.adapter.text) cannot be loaded from "
        + "\(order.source): \(reason)"
    case .unloaded(let adapter, let place):
      return "\(replica(place)): adapter \(adapter) was unloaded to make room"
    case .unloadFailed(let adapter, let place, let reason):
      return "warning: \(replica(place)): adapter \(adapter) cannot be unloaded: \(reason)"
    }
  }
}
