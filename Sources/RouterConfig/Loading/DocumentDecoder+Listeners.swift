/// `listeners`: addresses to bind, TLS, CORS. Certificates that are not there are told of here.
extension DocumentDecoder {
  mutating func listeners(_ node: DocumentNode?) -> [Listener] {
    var listeners: [Listener] = []
    var firstLines: [String: Int] = [:]
    for (index, element) in each(node, at: DocumentPath([.key("listeners")])).enumerated() {
      let (node, path) = element
      let listener = Listener(
        name: node["name"]?.text ?? "listener-\(index + 1)",
        address: host(node["address"], at: path + .key("address")) ?? "0.0.0.0",
        port: node["port"]?.integer ?? 0,
        timeoutSeconds: node["timeout"]?.duration.map { $0 / .seconds(1) },
        tls: tls(node["tls"], at: path + .key("tls")),
        cors: cors(node["cors"], at: path + .key("cors")),
        trustsForwarded: node["trust_forwarded"]?.boolean ?? false)
      if listener.port > 0 {
        let place = "\(listener.address):\(listener.port)"
        if let line = firstLines[place] {
          log.error(
            path + .key("port"), .clause("the address \(place) is taken by the listener on line \(line)"),
            suggestion: "give each listener a port of its own")
        } else {
          firstLines[place] = node.location.line
        }
      }
      listeners.append(listener)
    }
    return listeners
  }

  // MARK: TLS

  private mutating func tls(_ node: DocumentNode?, at path: DocumentPath) -> ListenerTLS? {
    guard let node, node.entries != nil else { return nil }
    let authority = file(node["client_ca_file"], at: path + .key("client_ca_file"))
    var tls = ListenerTLS(
      certificateFile: file(node["cert_file"], at: path + .key("cert_file")) ?? "",
      keyFile: file(node["key_file"], at: path + .key("key_file")) ?? "", clientCAFile: authority,
      clientAuthentication: node["client_auth"]?.text.flatMap(ListenerTLS.ClientAuthentication.init))
    if tls.clientAuthentication != .none, authority == nil, node["client_ca_file"] == nil {
      log.error(
        path + .key("client_auth"),
        .predicate("is \(tls.clientAuthentication.rawValue), but no client_ca_file says whom to trust"),
        suggestion: "write client_ca_file, or client_auth: none")
    }
    if let version = node["min_version"]?.text.flatMap(ListenerTLS.Version.init) { tls.minimumVersion = version }
    let known = ListenerTLS.knownApplicationProtocols
    tls.applicationProtocols =
      texts(node["alpn"], at: path + .key("alpn"), mustBe: ProblemLog.listed(known)) { known.contains($0) ? $0 : nil }
      ?? tls.applicationProtocols
    return tls
  }

  /// The path of a file, looked at; nil when the node is absent.
  mutating func file(_ node: DocumentNode?, at path: DocumentPath) -> String? {
    guard let node, let text = node.text, !text.isEmpty else { return nil }
    let file = FileInspection.path(text, namedIn: log.file)
    if let obstacle = files.obstacle(file) {
      let shown = node.scalar?.isFromEnvironment == true ? "a file" : ProblemLog.quoted(file)
      let isRelative = !file.hasPrefix("/")
      log.error(
        path, .predicate("names \(shown), \(obstacle)"),
        suggestion: isRelative ? "relative paths begin at the document's folder" : nil)
    }
    return file
  }

  // MARK: CORS

  private mutating func cors(_ node: DocumentNode?, at path: DocumentPath) -> CORSPolicy? {
    guard let node, node.entries != nil else { return nil }
    let originsPath = path + .key("allow_origins")
    let origins = texts(
      node["allow_origins"], at: originsPath, mustBe: "an origin or *",
      wayOut: "write scheme and host, such as https://app.example.com or http://localhost:3000", HTTPText.origin)
    if node["allow_origins"]?.elements?.isEmpty == true {
      log.error(originsPath, .predicate("must not be empty"), suggestion: "write [\"*\"] for every origin")
    }
    var policy = CORSPolicy(allowedOrigins: origins ?? [])
    let token = { (text: String) in HTTPText.isToken(text) ? text : nil }
    policy.allowedMethods =
      texts(node["allow_methods"], at: path + .key("allow_methods"), mustBe: "a method or *", token)
      ?? policy.allowedMethods
    policy.allowedHeaders =
      texts(node["allow_headers"], at: path + .key("allow_headers"), mustBe: "the name of a header or *", token)
      ?? policy.allowedHeaders
    policy.exposedHeaders =
      texts(node["expose_headers"], at: path + .key("expose_headers"), mustBe: "the name of a header or *", token)
      ?? policy.exposedHeaders
    if let allows = node["allow_credentials"]?.boolean { policy.allowsCredentials = allows }
    if let age = node["max_age"]?.duration { policy.maxAge = age }
    if policy.allowsCredentials, policy.allowsEveryOrigin {
      log.error(
        path + .key("allow_credentials"),
        .predicate("must be false with the origin *, or browsers refuse every answer"),
        suggestion: "list the origins under allow_origins")
    }
    return policy
  }

  /// The elements of a list as `read` makes them; nil when the node is no list. Those that it makes nothing of are
  /// errors and left out.
  private mutating func texts(
    _ node: DocumentNode?, at path: DocumentPath, mustBe expected: String, wayOut: String? = nil,
    _ read: (String) -> String?
  ) -> [String]? {
    guard let elements = node?.elements else { return nil }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      guard let text = element.text else { continue }
      if let value = read(text) {
        texts.append(value)
      } else {
        let shown = element.scalar?.isFromEnvironment == true ? "" : ", not \(ProblemLog.quoted(text))"
        log.error(path + .index(index), .predicate("must be \(expected)\(shown)"), suggestion: wayOut)
      }
    }
    return texts
  }
}
