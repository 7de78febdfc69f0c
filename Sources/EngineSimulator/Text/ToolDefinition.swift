/// A function that a request offers to the model.
struct ToolDefinition: Equatable {
  let name: String
  /// JSON schema of the arguments; an empty object when the request gave none.
  let parameters: JSONValue

  /// Reads an OpenAI chat tool (`{"type":"function","function":{…}}`), a Responses tool (the function's members beside
  /// `type`) or an Anthropic tool (`name`, `input_schema`).
  init(_ value: JSONValue) throws(EngineError) {
    let function = value.present("function") ?? value
    guard let name = function["name"]?.string, !name.isEmpty else {
      throw .badRequest("Tool validation failed: a tool has no function name", parameter: "tools")
    }
    self.name = name
    parameters = function.present("parameters") ?? function.present("input_schema") ?? .object([])
  }

  /// Checks that arguments can be generated from the schema.
  func validate() throws(EngineError) {
    guard parameters.members != nil else {
      throw .badRequest("Tool validation failed: parameters of \(name) must be an object", parameter: "tools")
    }
    guard let properties = parameters.present("properties") else { return }
    guard let members = properties.members else {
      throw .badRequest("Tool validation failed: properties of \(name) must be an object", parameter: "tools")
    }
    for member in members { try check(member.value, at: "\(name).\(member.name)", depth: 0) }
  }

  private func check(_ schema: JSONValue, at place: String, depth: Int) throws(EngineError) {
    guard depth < ToolCallGenerator.maximumDepth else {
      throw .badRequest("Tool validation failed: \(place) is nested too deeply", parameter: "tools")
    }
    guard schema.members != nil else {
      throw .badRequest("Tool validation failed: \(place) must be an object with a type", parameter: "tools")
    }
    if let choices = schema.present("enum") {
      guard let elements = choices.elements, !elements.isEmpty else {
        throw .badRequest("Tool validation failed: enum of \(place) must be a non-empty array", parameter: "tools")
      }
    }
    guard let type = ToolCallGenerator.type(of: schema) else {
      throw .badRequest(
        "Tool validation failed: type of \(place) must be string, integer, number, boolean, array, object or null",
        parameter: "tools")
    }
    switch type {
    case "array":
      guard let items = schema.present("items") else {
        throw .badRequest("Tool validation failed: array \(place) has no items", parameter: "tools")
      }
      try check(items, at: place + "[]", depth: depth + 1)
    case "object":
      for member in schema.present("properties")?.members ?? [] {
        try check(member.value, at: "\(place).\(member.name)", depth: depth + 1)
      }
    default: break
    }
  }
}
