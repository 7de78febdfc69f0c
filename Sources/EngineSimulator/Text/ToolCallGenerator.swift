/// Makes random calls of a request's tools, with arguments that fit their schemas.
struct ToolCallGenerator {
  /// Nesting of generated arguments; a schema is refused beyond it.
  static let maximumDepth = 16
  /// Calls in one answer.
  static let maximumCalls = 16
  /// Values in the arguments of one call; schemas can ask for exponentially many.
  static let maximumValues = 2000
  /// Tokens counted for a call beside its arguments.
  static let tokensPerCall = 3

  let options: EngineSimulatorOptions

  /// The calls of an answer; empty when the model answers in words.
  ///
  /// A forced function is called once. Otherwise there are at least 1 (`required`) or 0 (`auto`) calls, and further ones
  /// while a draw succeeds; v0.5.0 draws the number evenly up to the number of tools.
  func calls(_ tools: [ToolDefinition], choice: ToolChoice, idPrefix: String, random: inout SeededRandom) -> [ToolCall]
  {
    guard !tools.isEmpty else { return [] }
    let least: Int
    switch choice {
    case .none: return []
    case .function(let name):
      return tools.filter { $0.name == name }.prefix(1).map { call($0, idPrefix: idPrefix, random: &random) }
    case .automatic: least = 0
    case .required: least = 1
    }
    var count = least
    if options.compatibility == .v050 {
      count = random.integer(in: least...max(least, min(tools.count, ToolCallGenerator.maximumCalls)))
    } else {
      while count < ToolCallGenerator.maximumCalls, random.happens(percent: options.extraToolCallProbability) {
        count += 1
      }
    }
    return (0..<count).map { _ in
      call(tools[random.integer(in: 0...(tools.count - 1))], idPrefix: idPrefix, random: &random)
    }
  }

  private func call(_ tool: ToolDefinition, idPrefix: String, random: inout SeededRandom) -> ToolCall {
    var budget = ToolCallGenerator.maximumValues
    let arguments = object(
      tool.parameters, optionalProbability: options.optionalParameterProbability, depth: 0, budget: &budget,
      random: &random
    ).jsonText
    let number = String(random.integer(in: 0...999_999_999))
    let id = idPrefix + String(repeating: "0", count: 9 - number.count) + number
    return ToolCall(id: id, name: tool.name, arguments: arguments, tokens: DummyTokenizer.tokens(arguments))
  }

  private func object(
    _ schema: JSONValue, optionalProbability: Int, depth: Int, budget: inout Int, random: inout SeededRandom
  ) -> JSONValue {
    let required = Set((schema.present("required")?.elements ?? []).compactMap(\.string))
    var members: [JSONMember] = []
    for property in schema.present("properties")?.members ?? [] {
      guard required.contains(property.name) || random.happens(percent: optionalProbability) else { continue }
      members.append(
        JSONMember(
          name: property.name, value: value(property.value, depth: depth + 1, budget: &budget, random: &random)))
    }
    return .object(members)
  }

  private func value(
    _ schema: JSONValue, depth: Int, budget: inout Int, random: inout SeededRandom
  ) -> JSONValue {
    budget -= 1
    if let choices = schema.present("enum")?.elements, !choices.isEmpty {
      return choices[random.integer(in: 0...(choices.count - 1))]
    }
    guard depth < ToolCallGenerator.maximumDepth, budget > 0 else { return .null }
    switch ToolCallGenerator.type(of: schema) {
    case "integer":
      let low = schema["minimum"]?.integer ?? options.minToolCallInteger
      let high = schema["maximum"]?.integer ?? options.maxToolCallInteger
      return .integer(random.integer(in: min(low, high)...max(low, high)))
    case "number":
      let low = schema["minimum"]?.number ?? options.minToolCallNumber
      let high = schema["maximum"]?.number ?? options.maxToolCallNumber
      let share = random.unit()
      return .number(low * (1 - share) + high * share)
    case "boolean": return .bool(random.happens(percent: 50))
    case "array":
      let low = max(0, schema["minItems"]?.integer ?? options.minToolCallArrayLength)
      let high = max(low, schema["maxItems"]?.integer ?? max(low, options.maxToolCallArrayLength))
      let count = random.integer(in: low...high)
      let items = schema.present("items") ?? .object([JSONMember(name: "type", value: .string("string"))])
      var elements: [JSONValue] = []
      while elements.count < count, budget > 0 {
        elements.append(value(items, depth: depth + 1, budget: &budget, random: &random))
      }
      return .array(elements)
    case "object":
      return object(
        schema, optionalProbability: options.optionalFieldProbability, depth: depth, budget: &budget, random: &random)
    case "null": return .null
    default: return .string(RandomText.words[random.integer(in: 0...(RandomText.words.count - 1))])
    }
  }

  /// The schema's type; the first that is not null when it gives several; nil when there is none or it is unknown.
  static func type(of schema: JSONValue) -> String? {
    let known = ["string", "integer", "number", "boolean", "array", "object", "null"]
    let names: [String]
    switch schema["type"] {
    case .string(let name)?: names = [name]
    case .array(let list)?: names = list.compactMap(\.string)
    default: return schema.present("enum") != nil ? "string" : schema.present("properties") != nil ? "object" : nil
    }
    guard !names.isEmpty, names.allSatisfy(known.contains) else { return nil }
    return names.first { $0 != "null" } ?? "null"
  }
}
