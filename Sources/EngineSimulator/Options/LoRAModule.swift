/// An adapter that the simulator serves from its start, as `--lora-modules` declares it.
public struct LoRAModule: Sendable, Equatable {
  /// The model name that requests use for the adapter.
  public var name: String
  /// What `/v1/models` shows as the adapter's root.
  public var path: String
  /// Empty, or the served model; anything else is refused.
  public var baseModelName: String

  public init(name: String, path: String = "", baseModelName: String = "") {
    self.name = name
    self.path = path
    self.baseModelName = baseModelName
  }

  /// Reads `{"name":…,"path":…,"base_model_name":…}`.
  init(json: String, place: String) throws(OptionError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: Array(json.utf8))
    } catch {
      throw OptionError(
        "\(place): \(json) is not a JSON object (\(error)); write '{\"name\":\"math-expert\",\"path\":\"/adapters/math\"}'"
      )
    }
    guard value.members != nil else {
      throw OptionError("\(place): \(json) is not a JSON object; write '{\"name\":\"math-expert\"}'")
    }
    guard let name = value["name"]?.string, !name.isEmpty else {
      throw OptionError("\(place): \(json) has no name; write '{\"name\":\"math-expert\"}'")
    }
    self.init(
      name: name, path: value["path"]?.string ?? "", baseModelName: value["base_model_name"]?.string ?? "")
  }
}
