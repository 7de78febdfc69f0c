/// How a model's replicas are picked, as AIBrix's pods say it in the annotation `model.aibrix.ai/config`: JSON.
///
///     {"lockedRoutingStrategy": "…", "authoritativeRoutingPolicy": false, "defaultProfile": "…",
///      "profiles": {"…": {"routingStrategy": "…", "requestsPerSecond": 10,
///        "routingConfig": {"promptTokensGte": 0, "promptTokensLt": 0, "maxTokensGte": 0, "maxTokensLt": 0}}}}
enum AIBrixConfigAnnotation {
  static let name = "model.aibrix.ai/config"

  private static let spanKeys = ["promptTokensGte", "promptTokensLt", "maxTokensGte", "maxTokensLt"]

  /// Reads the annotation.
  ///
  /// - Returns: the settings, and what of it is not gone by, as ends of a sentence that begins with the annotation.
  /// - Throws: why it cannot be read, likewise.
  static func read(_ text: String) throws(Refusal) -> (settings: BalancingSettings, doubts: [String]) {
    let root: DocumentNode
    do throws(ConfigurationProblems) {
      root = try YAMLReader.read(Array(text.utf8), file: name)
    } catch {
      throw Refusal(reason: "is not JSON: \(error.problems.first?.reason ?? "")")
    }
    guard root.entries != nil else { throw Refusal(reason: "is not a JSON object") }
    var doubts = unknown(root, ["lockedRoutingStrategy", "authoritativeRoutingPolicy", "defaultProfile", "profiles"])
    var settings = BalancingSettings()
    settings.lockedStrategy = filled(root["lockedRoutingStrategy"])
    settings.isAuthoritative = root["authoritativeRoutingPolicy"]?.boolean ?? false
    for entry in root["profiles"]?.entries ?? [] {
      let place = "profiles.\(entry.key)"
      guard entry.key != BalancingProfile.automaticName else {
        doubts.append("calls a profile auto, which stands for the one that fits")
        continue
      }
      doubts += unknown(entry.value, ["routingStrategy", "routingConfig", "requestsPerSecond"], in: place)
      var profile = BalancingProfile(filled(entry.value["routingStrategy"]))
      if let limit = entry.value["requestsPerSecond"] {
        profile.requestsPerSecond = limit.integer.flatMap { (1...10_000_000).contains($0) ? $0 : nil }
        if profile.requestsPerSecond == nil, limit.integer != 0 {
          doubts.append("has a requestsPerSecond in \(place) that is no number of requests")
        }
      }
      if let hints = entry.value["routingConfig"] {
        doubts += unknown(hints, spanKeys, in: "\(place).routingConfig")
        func tokens(_ key: String) -> Int? { hints[key]?.integer.flatMap { $0 >= 0 ? $0 : nil } }
        for key in spanKeys where hints[key] != nil && tokens(key) == nil {
          doubts.append("has a \(key) in \(place).routingConfig that is no number of tokens")
        }
        profile.promptTokens = TokenSpan(atLeast: tokens("promptTokensGte"), below: tokens("promptTokensLt"))
        profile.maxTokens = TokenSpan(atLeast: tokens("maxTokensGte"), below: tokens("maxTokensLt"))
      }
      settings.profiles[entry.key] = profile
    }
    if let name = filled(root["defaultProfile"]) {
      if name == BalancingProfile.automaticName || settings.profiles[name] != nil {
        settings.defaultProfile = name
      } else {
        doubts.append("has the defaultProfile \(ProblemLog.quoted(name)), which is no profile of it")
      }
    }
    return (settings, doubts)
  }

  struct Refusal: Error {
    var reason: String
  }

  private static func filled(_ node: DocumentNode?) -> String? {
    node?.text.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func unknown(_ node: DocumentNode, _ known: [String], in place: String = "") -> [String] {
    let names = (node.entries ?? []).map(\.key).filter { !known.contains($0) }
    guard !names.isEmpty else { return [] }
    let position = place.isEmpty ? "" : " in \(place)"
    return [
      "has \(ProblemLog.listed(names.map(ProblemLog.quoted), "and"))\(position), which this version does not act on"
    ]
  }
}
