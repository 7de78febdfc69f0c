/// Reads the tree of an endpoints file and collects what is wrong with it.
struct EndpointsDecoder {
  var log: ProblemLog
  private var endpointCount = 0

  init(log: ProblemLog) { self.log = log }

  private static let engines = EndpointsDocument.engines

  mutating func document() -> EndpointsDocument {
    let root = log.root
    guard root.entries != nil else {
      log.error(DocumentPath(), .predicate("must be a mapping with the key models, not \(SchemaCheck.kind(of: root))"))
      return EndpointsDocument()
    }
    checkKeys(of: root, among: ["models"], at: DocumentPath())
    let path = DocumentPath([.key("models")])
    guard let models = root["models"] else {
      log.error(path, .predicate("is missing"), suggestion: "write models: [] when there are none", at: root.location)
      return EndpointsDocument()
    }
    guard let elements = list(models, at: path) else { return EndpointsDocument() }
    var lines: [String: Int] = [:]
    return EndpointsDocument(
      models: elements.enumerated().compactMap { index, node in
        guard let model = model(node, at: path + .index(index)) else { return nil }
        if let line = lines.updateValue(node.location.line, forKey: model.name) {
          log.error(
            path + .index(index) + .key("name"), .predicate("is taken by the model on line \(line)"),
            suggestion: "list all endpoints of a model in one place")
        }
        return model
      })
  }

  private mutating func model(_ node: DocumentNode, at path: DocumentPath) -> EndpointsDocument.Model? {
    guard node.entries != nil else {
      log.error(path, .predicate("must be a mapping, not \(SchemaCheck.kind(of: node))"))
      return nil
    }
    checkKeys(
      of: node,
      among: ["name", "engine", "adapters", "load_adapters", "labels", "annotations", "endpoints", "rolesets"], at: path
    )
    guard let name = name(node, at: path) else { return nil }
    var engine: String?
    if let word = node["engine"] {
      engine = text(word, at: path + .key("engine"))?.lowercased()
      if let engine, !Self.engines.contains(engine) {
        log.warning(
          path + .key("engine"),
          .predicate("\(ProblemLog.quoted(engine)) is not known: its metrics are read if they are in a known dialect"),
          suggestion: Suggestion.nearest(to: engine, among: Self.engines).map { "did you mean \($0)?" }
            ?? "known are \(ProblemLog.listed(Self.engines, "and"))")
      }
    }
    let adapters = adapters(node["adapters"], at: path + .key("adapters"))
    var model = EndpointsDocument.Model(
      name: name, engine: engine, adapters: adapters.held, endpoints: [], adapterSources: adapters.sources)
    if let loads = node["load_adapters"] {
      guard let loads = loads.boolean else {
        log.error(path + .key("load_adapters"), .predicate("must be true or false, not \(SchemaCheck.kind(of: loads))"))
        return nil
      }
      model.loadsAdapters = loads
    }
    let labels = textMap(node["labels"], at: path + .key("labels"))
    switch (node["endpoints"], node["rolesets"]) {
    case (let endpoints?, nil):
      model.endpoints = self.endpoints(
        endpoints, role: .both, roleset: nil, of: model, labels: labels, at: path + .key("endpoints"))
    case (nil, let rolesets?):
      let rolesetsPath = path + .key("rolesets")
      var names: Set<String> = []
      for (index, roleset) in (list(rolesets, at: rolesetsPath) ?? []).enumerated() {
        let rolesetPath = rolesetsPath + .index(index)
        guard let read = self.roleset(roleset, of: model, labels: labels, at: rolesetPath) else { continue }
        if !names.insert(read.name).inserted {
          log.error(
            rolesetPath + .key("name"), .predicate("is taken"), suggestion: "give each roleset a name of its own")
        }
        model.endpoints += read.endpoints
      }
    case (.some, .some):
      log.error(
        path + .key("rolesets"), .predicate("and endpoints exclude one another"), suggestion: "keep one of them")
    case (nil, nil):
      log.error(
        path, .predicate("has neither endpoints nor rolesets"),
        suggestion: "write endpoints: [] for a model that nothing serves")
    }
    checkAddresses(of: model, at: path)
    let annotations = textMap(node["annotations"], at: path + .key("annotations"))
    let places = [annotations, labels] + model.endpoints.flatMap { [$0.annotations, $0.labels] }
    if let text = places.lazy.compactMap({ $0[AIBrixConfigAnnotation.name] }).first {
      model.balancing = balancing(text, at: path)
    }
    return model
  }

  private mutating func roleset(
    _ node: DocumentNode, of model: EndpointsDocument.Model, labels: [String: String], at path: DocumentPath
  ) -> (name: String, endpoints: [EndpointsDocument.Endpoint])? {
    guard node.entries != nil else {
      log.error(path, .predicate("must be a mapping, not \(SchemaCheck.kind(of: node))"))
      return nil
    }
    checkKeys(of: node, among: ["name", "prefill", "decode"], at: path)
    guard let name = name(node, at: path) else { return nil }
    var endpoints: [EndpointsDocument.Endpoint] = []
    for role in [EndpointsDocument.Role.prefill, .decode] {
      guard let listed = node[role.rawValue], listed.elements?.isEmpty != true else {
        log.error(
          path + .key(role.rawValue), .predicate("must list at least one endpoint"),
          suggestion: "a roleset needs both; list endpoints that do both under endpoints", at: node.location)
        continue
      }
      endpoints += self.endpoints(
        listed, role: role, roleset: name, of: model, labels: labels, at: path + .key(role.rawValue))
    }
    return (name, endpoints)
  }

  // MARK: Endpoints

  private mutating func endpoints(
    _ node: DocumentNode, role: EndpointsDocument.Role, roleset: String?, of model: EndpointsDocument.Model,
    labels: [String: String], at path: DocumentPath
  ) -> [EndpointsDocument.Endpoint] {
    var endpoints: [EndpointsDocument.Endpoint] = []
    for (index, element) in (list(node, at: path) ?? []).enumerated() {
      endpointCount += 1
      guard endpointCount <= EndpointsDocument.endpointLimit else {
        if endpointCount == EndpointsDocument.endpointLimit + 1 {
          log.error(
            path + .index(index), .statement("the file has more than \(EndpointsDocument.endpointLimit) endpoints"))
        }
        return endpoints
      }
      let elementPath = path + .index(index)
      guard var endpoint = endpoint(element, at: elementPath) else { continue }
      endpoint.role = role
      endpoint.roleset = roleset
      endpoint.adapters = model.adapters + endpoint.adapters.filter { !model.adapters.contains($0) }
      endpoint.labels.merge(labels) { own, _ in own }
      applyLabels(to: &endpoint, at: elementPath)
      endpoints.append(endpoint)
    }
    return endpoints
  }

  private mutating func endpoint(_ node: DocumentNode, at path: DocumentPath) -> EndpointsDocument.Endpoint? {
    guard node.entries != nil else {
      guard node.scalar != nil else {
        log.error(path, .predicate("must be host:port or a mapping, not \(SchemaCheck.kind(of: node))"))
        return nil
      }
      return address(node, at: path)
    }
    checkKeys(
      of: node,
      among: ["address", "name", "weight", "metrics_port", "kv_events", "adapters", "labels", "annotations"], at: path)
    guard let place = node["address"] else {
      log.error(path + .key("address"), .predicate("is missing"), at: node.location)
      return nil
    }
    guard var endpoint = address(place, at: path + .key("address")) else { return nil }
    if let name = node["name"], let text = text(name, at: path + .key("name")) { endpoint.name = text }
    if let weight = node["weight"] {
      endpoint.weight = integer(weight, in: 0...1_000_000, at: path + .key("weight")) ?? 1
    }
    if let port = node["metrics_port"] {
      endpoint.metricsPort = integer(port, in: 1...65_535, at: path + .key("metrics_port"))
    }
    if let events = node["kv_events"] {
      endpoint.cacheEvents = cacheEvents(events, host: endpoint.host, at: path + .key("kv_events"))
    }
    endpoint.adapters = texts(node["adapters"], at: path + .key("adapters"))
    endpoint.labels = textMap(node["labels"], at: path + .key("labels"))
    endpoint.annotations = textMap(node["annotations"], at: path + .key("annotations"))
    return endpoint
  }

  /// One that cannot be read is as if it were not there, as in AIBrix.
  private mutating func balancing(_ text: String, at path: DocumentPath) -> BalancingSettings? {
    do throws(AIBrixConfigAnnotation.Refusal) {
      let (settings, doubts) = try AIBrixConfigAnnotation.read(text)
      for doubt in doubts {
        log.warning(path, .clause("the annotation \(AIBrixConfigAnnotation.name) \(doubt)"))
      }
      return settings
    } catch {
      log.warning(
        path, .clause("the annotation \(AIBrixConfigAnnotation.name) \(error.reason)"),
        suggestion: "it is left out; write a JSON object")
      return nil
    }
  }

  private mutating func cacheEvents(
    _ node: DocumentNode, host: String, at path: DocumentPath
  ) -> CacheEventEndpoints? {
    guard node.entries != nil else {
      log.error(
        path, .predicate("must be a mapping, not \(SchemaCheck.kind(of: node))"),
        suggestion: "write kv_events: {} for the usual ports")
      return nil
    }
    checkKeys(of: node, among: ["endpoint", "replay_endpoint"], at: path)
    return CacheEventEndpoints(node, host: host, at: path, log: &log)
  }

  /// What AIBrix says in labels of pods, where no key says it.
  private mutating func applyLabels(to endpoint: inout EndpointsDocument.Endpoint, at path: DocumentPath) {
    if endpoint.cacheEvents == nil, endpoint.labels["model.aibrix.ai/kv-events-enabled"] == "true" {
      endpoint.cacheEvents = CacheEventEndpoints(host: endpoint.host)
    }
    if let text = endpoint.labels[BackendReference.bootstrapPortLabel],
      !(Int(text).map { (1...65_535).contains($0) } ?? false)
    {
      log.warning(
        path,
        .predicate("has the label \(BackendReference.bootstrapPortLabel) \(ProblemLog.quoted(text)), which is no port"),
        suggestion: "write a number between 1 and 65535; SGLang's usual 8998 is taken")
    }
    guard endpoint.metricsPort == nil, let text = endpoint.labels["model.aibrix.ai/metric-port"] else { return }
    endpoint.metricsPort = Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil }
    if endpoint.metricsPort == nil {
      log.warning(
        path, .predicate("has the label model.aibrix.ai/metric-port \(ProblemLog.quoted(text)), which is no port"),
        suggestion: "write a number between 1 and 65535; its metrics are looked for on its own port")
    }
  }

  private mutating func address(_ node: DocumentNode, at path: DocumentPath) -> EndpointsDocument.Endpoint? {
    guard let text = text(node, at: path) else { return nil }
    let isURL = text.contains("://")
    do throws(BackendAddress.Refusal) {
      let address = isURL ? try BackendAddress(url: text) : try BackendAddress(endpoint: text, usesTLS: false)
      guard address.pathPrefix.isEmpty else { throw BackendAddress.Refusal(reason: "must have no path") }
      let behindBrackets = text.lastIndex(of: "]").map { text[$0...] } ?? text[...]
      guard isURL || behindBrackets.contains(":") else { throw BackendAddress.Refusal(reason: "has no port") }
      var endpoint = EndpointsDocument.Endpoint(
        name: "", host: address.host, port: address.port, usesTLS: address.usesTLS, role: .both, roleset: nil,
        weight: 1, metricsPort: nil, adapters: [], labels: [:])
      endpoint.name = endpoint.authority
      return endpoint
    } catch {
      log.error(
        path, .predicate("\(ProblemLog.quoted(text)) \(error.reason)"),
        suggestion: "write host:port, such as 10.0.0.7:8000")
      return nil
    }
  }

  private mutating func checkAddresses(of model: EndpointsDocument.Model, at path: DocumentPath) {
    var seen: Set<String> = []
    for endpoint in model.endpoints where !seen.insert(endpoint.authority).inserted {
      log.error(path, .clause("the endpoint \(endpoint.authority) is listed twice"), suggestion: "list it once")
    }
  }

  // MARK: Values

  private mutating func checkKeys(of node: DocumentNode, among names: [String], at path: DocumentPath) {
    for entry in node.entries ?? [] where !names.contains(entry.key) {
      log.warning(
        path + .key(entry.key), .predicate("is not a key of the endpoints file and is ignored"),
        suggestion: Suggestion.nearest(to: entry.key, among: names).map { "did you mean \($0)?" }
          ?? "there are \(ProblemLog.listed(names, "and"))", at: entry.keyLocation)
    }
  }

  private mutating func name(_ node: DocumentNode, at path: DocumentPath) -> String? {
    guard let name = node["name"] else {
      log.error(path + .key("name"), .predicate("is missing"), at: node.location)
      return nil
    }
    return text(name, at: path + .key("name"))
  }

  /// A text that is not empty and has no control characters: names go into header lines.
  private mutating func text(_ node: DocumentNode, at path: DocumentPath) -> String? {
    guard let text = node.text, (1...256).contains(text.utf8.count),
      !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else {
      log.error(path, .predicate("must be a text of 1 to 256 bytes without control characters"))
      return nil
    }
    return text
  }

  /// Adapters by name, or with the source from which they are loaded. Those with one are not taken to be loaded.
  private mutating func adapters(
    _ node: DocumentNode?, at path: DocumentPath
  ) -> (held: [String], sources: [String: String]) {
    guard let node, let elements = list(node, at: path) else { return ([], [:]) }
    var held: [String] = []
    var sources: [String: String] = [:]
    for (index, element) in elements.enumerated() {
      let place = path + .index(index)
      guard element.entries != nil else {
        if let text = text(element, at: place), !held.contains(text) { held.append(text) }
        continue
      }
      checkKeys(of: element, among: ["name", "source"], at: place)
      guard let name = name(element, at: place) else { continue }
      guard let source = element["source"] else {
        log.error(place + .key("source"), .predicate("is missing"), at: element.location)
        continue
      }
      if let source = text(source, at: place + .key("source")) { sources[name] = source }
    }
    return (held.filter { sources[$0] == nil }, sources)
  }

  private mutating func texts(_ node: DocumentNode?, at path: DocumentPath) -> [String] {
    guard let node, let elements = list(node, at: path) else { return [] }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      if let text = text(element, at: path + .index(index)), !texts.contains(text) { texts.append(text) }
    }
    return texts
  }

  private mutating func textMap(_ node: DocumentNode?, at path: DocumentPath) -> [String: String] {
    guard let node else { return [:] }
    guard let entries = node.entries, entries.allSatisfy({ $0.value.scalar != nil }) else {
      log.error(path, .predicate("must be a mapping of names to texts, not \(SchemaCheck.kind(of: node))"))
      return [:]
    }
    return entries.reduce(into: [:]) { $0[$1.key] = $1.value.text }
  }

  private mutating func integer(_ node: DocumentNode, in range: ClosedRange<Int>, at path: DocumentPath) -> Int? {
    guard let value = node.integer, range.contains(value) else {
      log.error(
        path,
        .predicate(
          "must be a whole number between \(range.lowerBound) and \(range.upperBound), not \(SchemaCheck.kind(of: node))"
        ))
      return nil
    }
    return value
  }

  private mutating func list(_ node: DocumentNode, at path: DocumentPath) -> [DocumentNode]? {
    if let elements = node.elements { return elements }
    log.error(path, .predicate("must be a list, not \(SchemaCheck.kind(of: node))"))
    return nil
  }
}
