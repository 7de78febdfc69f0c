/// Which proxy the environment names for an address: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in small
/// letters too, which win, as curl reads them.
public struct ProxySettings: Sendable {
  private let secure: WebAddress?
  private let plain: WebAddress?
  private let exceptions: [String]

  /// - Throws: if a proxy's address is none; only http:// proxies are known.
  public init(environment: [String: String]) throws(ModelStoreError) {
    func value(_ name: String) -> String? {
      [name.lowercased(), name.uppercased()].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    func proxy(_ name: String) throws(ModelStoreError) -> WebAddress? {
      guard let text = value(name) ?? value("all_proxy") else { return nil }
      let address = try WebAddress(text.contains("://") ? text : "http://\(text)")
      guard !address.isSecure else {
        throw ModelStoreError("\(address)", "is no proxy that can be used; \(name) must name one as http://HOST:PORT")
      }
      return address
    }
    secure = try proxy("https_proxy")
    plain = try proxy("http_proxy")
    exceptions = (value("no_proxy") ?? "").lowercased().split { $0 == "," || $0 == " " }.map {
      $0.hasPrefix(".") ? String($0.dropFirst()) : String($0)
    }
  }

  /// The proxy to ask for an address; nil: ask the address itself.
  public func proxy(for address: WebAddress) -> WebAddress? {
    let host = address.host.lowercased()
    let isException = exceptions.contains { $0 == "*" || $0 == host || host.hasSuffix(".\($0)") }
    return isException ? nil : address.isSecure ? secure : plain
  }
}
